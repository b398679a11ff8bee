#include "orchestrator/scheduler.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <tuple>
#include <utility>

#include "core/check.hpp"

namespace mer::orchestrator {
namespace {

// By people, who may ask for more before the run is over.
bool is_asked(const Event& event) {
  return std::holds_alternative<SweepAdded>(event) || std::holds_alternative<SweepChanged>(event) ||
         std::holds_alternative<TrialsCancelled>(event) || std::holds_alternative<TrialsRetried>(event);
}

// Most events are reports of epochs, and ticks: with many workers, looking at each of them would cost the most.
bool may_change_places(const Event& event) {
  if (std::holds_alternative<Tick>(event)) return false;
  const auto* const heard = std::get_if<WorkerReport>(&event);
  return heard == nullptr || ends_attempt(heard->report.event);
}

std::string text_of(const Failure& failure) {
  if (failure.message.empty()) return std::string(name_of(failure.kind)) + " " + std::to_string(failure.code);
  return failure.message.substr(0, failure.message.find('\n'));
}

}  // namespace

std::vector<Effect> Scheduler::on(const Event& event, TimePoint now) {
  effects_.clear();
  if (may_change_places(event)) settled_ = false;
  std::visit([&](const auto& e) { on_event(e, now); }, event);
  let_empty_workers_go();
  follow_verdicts();
  wake(now);
  if (!settled_) dispatch(now);
  if (!is_asked(event)) end_if_over(now);
  return std::move(effects_);
}

// --- sweeps and what people ask of them ---

void Scheduler::on_event(const SweepAdded& event, TimePoint /*now*/) {
  const ScheduledSweep& added = event.sweep;
  const int sweep = int(sweeps_.size());
  sweeps_.push_back({added.id, added.priority, added.active, added.stack, {}, 0});
  for (const ScheduledTrial& given : added.trials) {
    const Position position = known_or_new(given);
    Trial& trial = trials_[std::size_t(position)];
    if (!trial.sweeps.empty() && trial.sweeps.back() == sweep) continue;
    trial.sweeps.push_back(sweep);
    trial.max_attempts = std::max(trial.max_attempts, added.max_attempts);
    if (trial.ready) sweeps_.back().ready.insert(position);
  }
  for (const EpochTime& epoch : added.measured) time_left_.note_epoch(number_of_shape(epoch.shape), epoch.seconds);
}

int Scheduler::number_of_shape(const std::string& shape) {
  return shapes_.try_emplace(shape, int(shapes_.size())).first->second;
}

Scheduler::Position Scheduler::known_or_new(const ScheduledTrial& given) {
  const auto position = Position(trials_.size());
  const auto [known, is_new] = positions_.try_emplace(given.id, position);
  const Position old = known->second;
  if (!is_new) {
    const bool another = is_final(trials_[std::size_t(old)].state) && !is_final(given.state);
    if (!another) return old;
    known->second = position;
  }
  const bool running = given.state == TrialState::running;
  MER_CHECK(!running || !given.group.empty(), "a restored trial is still running: begin_session comes first");
  Trial trial;
  trial.id = given.id;
  trial.shape = number_of_shape(given.shape);
  trial.state = given.state;
  trial.attempt = given.attempt;
  trial.crashes = given.crashes;
  trial.epochs = given.epochs;
  trial.saved = given.saved;
  trial.ready = given.state == TrialState::pending;
  trial.absent = running;
  if (running) absent_[given.group].held.insert(position);
  trials_.push_back(std::move(trial));
  ++counts_[std::size_t(given.state)];
  if (!is_new && trials_[std::size_t(old)].leaving) replace(old, position);
  return position;
}

// The worker that has not let the old trial go has the new one now, which waits for that.
void Scheduler::replace(Position old, Position by) {
  Trial& left = trials_[std::size_t(old)];
  Trial& trial = trials_[std::size_t(by)];
  left.leaving = false;
  trial.leaving = true;
  trial.ready = false;
  trial.worker = left.worker;
  trial.runs_for = left.runs_for;
  trial.stack_limit = left.stack_limit;
  Worker& worker = workers_[left.worker];
  worker.held.erase(old);
  worker.held.insert(by);
}

void Scheduler::on_event(const SweepChanged& event, TimePoint /*now*/) {
  for (std::size_t i = 0; i < sweeps_.size(); ++i) {
    Sweep& sweep = sweeps_[i];
    if (sweep.id != event.sweep) continue;
    sweep.priority = event.priority;
    if (std::exchange(sweep.active, event.active) && !event.active) stop_running_trials(int(i));
  }
}

// By an active sweep.
bool Scheduler::is_wanted(const Trial& trial) const {
  return std::ranges::any_of(trial.sweeps, [this](int sweep) { return sweeps_[std::size_t(sweep)].active; });
}

// Those that no active sweep wants. What an absent group has is stopped when it comes back.
void Scheduler::stop_running_trials(int sweep) {
  const auto is_unwanted = [&](const Trial& trial) {
    return trial.state == TrialState::running && std::ranges::find(trial.sweeps, sweep) != trial.sweeps.end() &&
           !is_wanted(trial);
  };
  for (const auto& [id, worker] : workers_) {
    SendStop stop{id, {}};
    for (const Position position : worker.held) {
      const Trial& trial = trials_[std::size_t(position)];
      if (is_unwanted(trial)) stop.trials.push_back(trial.id);
    }
    if (!stop.trials.empty()) effects_.emplace_back(std::move(stop));
  }
}

Scheduler::Trial* Scheduler::find(const TrialId& id) {
  const auto found = positions_.find(id);
  return found == positions_.end() ? nullptr : &trials_[std::size_t(found->second)];
}

void Scheduler::on_event(const TrialsCancelled& event, TimePoint /*now*/) {
  std::map<WorkerId, SendStop> stops;
  for (const TrialId& id : event.trials) {
    Trial* const trial = find(id);
    if (trial == nullptr || is_final(trial->state)) continue;
    if (trial->state == TrialState::running) --trial->crashes;
    if (trial->state == TrialState::running && !forget_absent(position_of(*trial))) {
      trial->leaving = true;
      stops.try_emplace(trial->worker, SendStop{trial->worker, {}}).first->second.trials.push_back(id);
    }
    make_unready(*trial);
    move(*trial, TrialState::cancelled);
  }
  for (auto& [id, stop] : stops) effects_.emplace_back(std::move(stop));
}

void Scheduler::on_event(const TrialsRetried& event, TimePoint /*now*/) {
  for (const TrialId& id : event.trials) {
    Trial* const trial = find(id);
    if (trial == nullptr || !is_final(trial->state)) continue;
    trial->crashes = 0;
    health_.forget(id);
    move(*trial, TrialState::pending);
    if (!trial->leaving) make_ready(*trial);
  }
}

// --- workers ---

void Scheduler::on_event(const JobLimit& event, TimePoint /*now*/) {
  time_left_.set_limit(event.ends_at, event.whole);
}

void Scheduler::on_event(const WorkerCapacity& event, TimePoint /*now*/) {
  const auto worker = workers_.find(event.worker);
  if (worker != workers_.end()) worker->second.capacity = std::max(1, event.trials);
}

void Scheduler::on_event(const WorkerReport& event, TimePoint now) {
  const Report& report = event.report;
  Trial* const trial = find(report.trial);
  const bool of_holder = trial != nullptr && trial->attempt == report.attempt && trial->worker == event.worker;
  if (of_holder && trial->leaving) return let_go(*trial, report.event);
  if (!of_holder || trial->state != TrialState::running) {
    ++stale_reports_;
    return note_stale_end(event);
  }
  const Position position = position_of(*trial);
  if (std::holds_alternative<AttemptFailed>(report.event)) {
    effects_.push_back(record_failure(position, report, now));
    return;
  }
  effects_.push_back(Record{report});
  note_progress(*trial, report.event);
  if (ends_attempt(report.event)) end_attempt(position, report.event, now);
}

void Scheduler::note_progress(Trial& trial, const AttemptEvent& event) {
  if (const auto* started = std::get_if<AttemptStarted>(&event)) {
    trial.saved = started->resumed_epoch;
  } else if (const auto* saved = std::get_if<CheckpointSaved>(&event)) {
    trial.saved = saved->checkpoint.epoch;
    health_.saved(workers_[trial.worker].host);
  } else if (const auto* epoch = std::get_if<EpochDone>(&event)) {
    const double seconds = epoch->timing.train_seconds + epoch->timing.evaluate_seconds;
    if (time_left_.note_epoch(trial.shape, seconds)) settled_ = false;
  }
}

// What a cancelled trial still says counts for nothing but its place, and for what its crash tells of its trainer.
void Scheduler::let_go(Trial& trial, const AttemptEvent& event) {
  if (!ends_attempt(event)) return;
  const auto* const crash = std::get_if<AttemptFailed>(&event);
  if (crash != nullptr && crash->failure.kind != Failure::Kind::error) learn_from_crash(trial, *crash);
  release(position_of(trial));
  trial.leaving = false;
  if (trial.state == TrialState::pending) make_ready(trial);
}

// A worker that is empty is free for anything.
void Scheduler::release(Position position) {
  const Trial& trial = trials_[std::size_t(position)];
  Worker& worker = workers_[trial.worker];
  worker.held.erase(position);
  if (--worker.held_for[trial.runs_for] == 0) worker.held_for.erase(trial.runs_for);
  if (worker.held.empty()) worker.reserved = false;
}

void Scheduler::end_attempt(Position position, const AttemptEvent& event, TimePoint now) {
  Trial& trial = trials_[std::size_t(position)];
  if (!std::holds_alternative<AttemptStopped>(event)) health_.finished(workers_[trial.worker].host);
  release(position);
  --trial.crashes;  // a clean end or a deliberate stop is no crash
  if (std::holds_alternative<AttemptFinished>(event)) {
    move(trial, TrialState::done);
  } else if (std::holds_alternative<AttemptDiverged>(event)) {
    move(trial, TrialState::diverged);
  } else {
    move(trial, TrialState::pending);
    wait(position, now);
  }
}

Record Scheduler::record_failure(Position position, const Report& report, TimePoint now) {
  Trial& trial = trials_[std::size_t(position)];
  const auto& crash = std::get<AttemptFailed>(report.event);
  const bool blamed = crash.failure.kind == Failure::Kind::error;
  const Worker& worker = workers_[trial.worker];
  const bool refund = worker.shut_out || (crash.stack > 1 && !blamed);
  if (refund) {
    --trial.crashes;
  } else {
    health_.crashed(worker.host, trial.id, text_of(crash.failure));
  }
  if (!blamed) learn_from_crash(trial, crash);
  release(position);
  if (trial.crashes >= trial.max_attempts) {
    move(trial, TrialState::failed);
    return {report, TrialState::failed, false};
  }
  move(trial, TrialState::pending);
  const int doublings = std::clamp(trial.crashes - 1, 0, 20);
  wait(position, now + std::min(options_.backoff * (1 << doublings), options_.longest_backoff));
  return {report, TrialState::pending, refund};
}

// The kernel kills what uses too much memory with SIGKILL, so that such an end counts as short of memory too.
void Scheduler::learn_from_crash(Trial& trial, const AttemptFailed& crash) {
  const Failure& failure = crash.failure;
  const bool killed = failure.kind == Failure::Kind::signal && failure.code == SIGKILL;
  const int half = std::max(1, crash.stack / 2);
  Worker& worker = workers_[trial.worker];
  worker.capacity = sweeps_[std::size_t(trial.runs_for)].stack;  // of the next trainer
  if (crash.stack == 1) return;
  trial.stack_limit = std::min(trial.stack_limit, half);
  if (failure.kind == Failure::Kind::memory || killed) worker.memory_limit = std::min(worker.memory_limit, half);
}

void Scheduler::on_event(const WorkerLeaving& event, TimePoint /*now*/) {
  const auto worker = workers_.find(event.worker);
  if (worker == workers_.end() || !leaving_.insert(event.worker).second) return;
  worker->second.leaving = true;
  worker->second.reserved = false;
  if (!worker->second.held.empty() && !pausing_) effects_.emplace_back(SendStop{event.worker, {}});
}

void Scheduler::let_empty_workers_go() {
  for (auto id = leaving_.begin(); id != leaving_.end();) {
    const auto worker = workers_.find(*id);
    if (!worker->second.held.empty()) {
      ++id;
      continue;
    }
    effects_.emplace_back(LetGo{*id});
    health_.left(worker->second.host);
    workers_.erase(worker);
    id = leaving_.erase(id);
    shut_out_workers();
  }
}

void Scheduler::on_event(const WorkerLost& event, TimePoint now) {
  const auto worker = workers_.find(event.worker);
  if (worker == workers_.end()) return;
  leaving_.erase(event.worker);
  health_.left(worker->second.host);
  const std::set<Position> held = std::move(worker->second.held);
  workers_.erase(worker);
  for (const Position position : held) {
    Trial& trial = trials_[std::size_t(position)];
    if (std::exchange(trial.leaving, false)) {
      if (trial.state == TrialState::pending) make_ready(trial);
      continue;
    }
    hand_back(position, "worker " + std::to_string(event.worker.rank) + " was lost", now);
  }
  shut_out_workers();
}

// Uncharged: it says nothing about the trial.
void Scheduler::hand_back(Position position, const std::string& why, TimePoint now) {
  Trial& trial = trials_[std::size_t(position)];
  trial.absent = false;
  --trial.crashes;
  const Failure failure{Failure::Kind::error, 0, why, ""};
  effects_.push_back(Record{{trial.id, trial.attempt, AttemptFailed{failure}}, TrialState::pending, true});
  move(trial, TrialState::pending);
  wait(position, now);
}

void Scheduler::on_event(const PauseRequested& /*event*/, TimePoint now) {
  if (pausing_) return;
  pausing_ = true;
  while (!absent_.empty()) give_up_absent(absent_.begin(), now);
  for (const auto& [id, worker] : workers_) {
    if (!worker.held.empty() && !worker.leaving) effects_.push_back(SendStop{id, {}});
  }
}

void Scheduler::move(Trial& trial, TrialState state) {
  --counts_[std::size_t(trial.state)];
  ++counts_[std::size_t(state)];
  trial.state = state;
}

void Scheduler::wait(Position position, TimePoint until) {
  trials_[std::size_t(position)].ready_at = until;
  waiting_.emplace(until, position);
}

// One that waited may have been cancelled since; or retried, and may wait for another time.
void Scheduler::wake(TimePoint now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    Trial& trial = trials_[std::size_t(waiting_.begin()->second)];
    waiting_.erase(waiting_.begin());
    const bool still = trial.state == TrialState::pending && !trial.leaving && trial.ready_at <= now;
    if (still) make_ready(trial);
  }
}

void Scheduler::make_ready(Trial& trial) {
  trial.ready = true;
  settled_ = false;
  for (const int sweep : trial.sweeps) sweeps_[std::size_t(sweep)].ready.insert(position_of(trial));
}

void Scheduler::make_unready(Trial& trial) {
  trial.ready = false;
  for (const int sweep : trial.sweeps) sweeps_[std::size_t(sweep)].ready.erase(position_of(trial));
}

// --- for people ---

std::optional<TrialStanding> Scheduler::standing(const TrialId& id, TimePoint now) const {
  const auto found = positions_.find(id);
  if (found == positions_.end()) return std::nullopt;
  const Trial& trial = trials_[std::size_t(found->second)];
  TrialStanding standing;
  standing.state = trial.state;
  standing.leaving = trial.leaving;
  standing.absent = trial.absent;
  if (trial.leaving || (trial.state == TrialState::running && !trial.absent)) standing.worker = trial.worker;
  for (const auto& [until, position] : waiting_) {
    if (position == found->second && until > now) standing.backoff = std::chrono::duration<double>(until - now).count();
  }
  int priority = 0;
  for (const int number : trial.sweeps) {
    const Sweep& sweep = sweeps_[std::size_t(number)];
    if (!sweep.active) continue;
    priority = standing.of_active_sweep ? std::max(priority, sweep.priority) : sweep.priority;
    standing.of_active_sweep = true;
    standing.before_it = std::distance(sweep.ready.begin(), sweep.ready.lower_bound(found->second));
  }
  for (const Sweep& sweep : sweeps_) {
    if (sweep.active && sweep.priority > priority) standing.of_higher_priority += std::int64_t(sweep.ready.size());
  }
  standing.workers = int(workers_.size());
  for (const auto& [rank, worker] : workers_) {
    standing.full += has_room(worker) ? 0 : 1;
    standing.emptied += worker.reserved ? 1 : 0;
  }
  if (trial.state == TrialState::pending && !in_time(trial, now)) {
    standing.needs = time_left_.seconds_for(trial.shape, trial.epochs - trial.saved);
    standing.job_ends_in = time_left_.seconds_left(now);
  }
  return standing;
}

std::vector<ClaimedTrial> Scheduler::held_by(WorkerId worker) const {
  std::vector<ClaimedTrial> held;
  const auto found = workers_.find(worker);
  if (found == workers_.end()) return held;
  for (const Position position : found->second.held) {
    const Trial& trial = trials_[std::size_t(position)];
    held.push_back({trial.id, trial.attempt});
  }
  return held;
}

// --- which trial goes where ---

// A worker that was empty is filled with what fits before it can be reserved.
void Scheduler::dispatch(TimePoint now) {
  settled_ = true;
  const auto has_work = [](const Sweep& sweep) { return sweep.active && !sweep.ready.empty(); };
  if (pausing_ || broken_ || std::ranges::none_of(sweeps_, has_work)) return;
  Round round = new_round();
  while (!round.open.empty()) {
    const int sweep = next_sweep(round);
    if (sweep < 0) break;
    const Position position = *sweeps_[std::size_t(sweep)].ready.lower_bound(round.from[std::size_t(sweep)]);
    const bool goes_on = !in_time(trials_[std::size_t(position)], now) || place(round, sweep, position);
    round.from[std::size_t(sweep)] = goes_on ? position + 1 : Position(trials_.size());
  }
  for (auto& [id, assignment] : round.assignments) effects_.emplace_back(std::move(assignment));
}

Scheduler::Round Scheduler::new_round() {
  Round round;
  round.shares.resize(sweeps_.size());
  round.from.resize(sweeps_.size());
  for (auto& [id, worker] : workers_) {
    round.reserved += worker.reserved ? 1 : 0;
    if (!worker.reserved && has_room(worker)) round.open.push_back({id, &worker, worker.held.empty()});
    add_shares(round, worker, 1);
  }
  return round;
}

// Of those with trials left to look at in this round; -1: none.
int Scheduler::next_sweep(const Round& round) const {
  int best = -1;
  const auto rank_of = [&](int sweep) {
    const Sweep& one = sweeps_[std::size_t(sweep)];
    return std::tuple(-one.priority, round.shares[std::size_t(sweep)], one.served, sweep);
  };
  for (int sweep = 0; sweep < int(sweeps_.size()); ++sweep) {
    const Sweep& one = sweeps_[std::size_t(sweep)];
    if (!one.active || one.ready.lower_bound(round.from[std::size_t(sweep)]) == one.ready.end()) continue;
    if (best < 0 || rank_of(sweep) < rank_of(best)) best = sweep;
  }
  return best;
}

bool Scheduler::in_time(const Trial& trial, TimePoint now) const {
  const TimePoint begins = trial.ready ? now : std::max(now, trial.ready_at);
  return time_left_.has_room(trial.shape, trial.epochs - trial.saved, begins);
}

// False: there is no place for this trial, and none that it may reserve.
bool Scheduler::place(Round& round, int sweep, Position position) {
  const Trial& trial = trials_[std::size_t(position)];
  const auto rank_of = [&](const Place& candidate) {
    const bool fit = fits(*candidate.worker, trial);
    return std::tuple(!fit, !fit && !may_reserve(round, sweep, *candidate.worker), candidate.was_empty,
                      candidate.worker->held.size());
  };
  const auto best = std::ranges::min_element(round.open, {}, rank_of);
  const auto [id, worker, was_empty] = *best;
  if (fits(*worker, trial)) {
    add_shares(round, *worker, -1);
    hand(position, sweep, id, *worker);
    add_shares(round, *worker, 1);
    auto& assignment = round.assignments.try_emplace(id, ClaimAndAssign{id, {}}).first->second;
    assignment.trials.push_back({trial.id, trial.attempt});
  } else if (!may_reserve(round, sweep, *worker)) {
    return false;
  } else if (--round.reserved < 0) {
    worker->reserved = !was_empty;
    settled_ = false;
  }
  if (worker->reserved || !has_room(*worker)) round.open.erase(best);
  return true;
}

// A sweep of the same priority gives way when it has the larger share, and to one that has none.
bool Scheduler::may_reserve(const Round& round, int sweep, const Worker& worker) const {
  const Sweep& ours = sweeps_[std::size_t(sweep)];
  return std::ranges::all_of(worker.held_for, [&](const auto& held) {
    const auto [other, count] = held;
    const Sweep& theirs = sweeps_[std::size_t(other)];
    if (other == sweep || ours.priority != theirs.priority) return ours.priority >= theirs.priority;
    return round.shares[std::size_t(sweep)] + 1 <= std::max(1.0, round.shares[std::size_t(other)]);
  });
}

void Scheduler::add_shares(Round& round, const Worker& worker, double sign) const {
  for (const auto& [sweep, count] : worker.held_for) {
    round.shares[std::size_t(sweep)] += sign * count / double(worker.held.size());
  }
}

bool Scheduler::has_room(const Worker& worker) const {
  const bool may_get_more = !worker.leaving && !worker.shut_out && worker.stale.empty();
  return may_get_more && (worker.held.empty() || int(worker.held.size()) < limit_of(worker));
}

// Of what it holds now.
int Scheduler::limit_of(const Worker& worker) const {
  int limit = std::min(worker.capacity, worker.memory_limit);
  for (const Position position : worker.held) limit = std::min(limit, trials_[std::size_t(position)].stack_limit);
  return limit;
}

bool Scheduler::fits(const Worker& worker, const Trial& trial) const {
  if (worker.held.empty()) return true;
  return worker.shape == trial.shape && int(worker.held.size()) < std::min(limit_of(worker), trial.stack_limit);
}

void Scheduler::hand(Position position, int sweep, WorkerId id, Worker& worker) {
  settled_ = false;
  Trial& trial = trials_[std::size_t(position)];
  if (worker.shape != trial.shape) {  // another trainer, which has not said what it wants
    worker.shape = trial.shape;
    worker.capacity = sweeps_[std::size_t(sweep)].stack;
    worker.memory_limit = kNoLimit;
  }
  make_unready(trial);
  sweeps_[std::size_t(sweep)].served = ++served_;
  worker.held.insert(position);
  ++worker.held_for[sweep];
  move(trial, TrialState::running);
  ++trial.attempt;
  ++trial.crashes;
  trial.worker = id;
  trial.runs_for = sweep;
}

// Trials of sweeps that are not active are left to the next run, as are those that would not end in time.
void Scheduler::end_if_over(TimePoint now) {
  if (ended_ || count(TrialState::running) > 0) return;
  if (options_.stay && !pausing_ && workers_.empty()) return;
  bool out_of_time = false;
  for (const Trial& trial : trials_) {
    if (pausing_ || trial.state != TrialState::pending || !is_wanted(trial)) continue;
    if (in_time(trial, now)) return;
    out_of_time = true;
  }
  if (options_.stay && !pausing_) return rest();
  ended_ = true;
  const std::int64_t pending = count(TrialState::pending);
  effects_.emplace_back(Ended{pending > 0, count(TrialState::done), count(TrialState::failed),
                              count(TrialState::diverged), count(TrialState::cancelled), pending, out_of_time});
}

// Once those that hold cancelled trials are empty too.
void Scheduler::rest() {
  const auto is_empty = [](const auto& worker) { return worker.second.held.empty(); };
  if (workers_.empty() || !std::ranges::all_of(workers_, is_empty)) return;
  workers_.clear();
  leaving_.clear();
  effects_.emplace_back(Idle{});
}

}  // namespace mer::orchestrator
