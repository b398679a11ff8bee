#include "orchestrator/scheduler.hpp"

#include <algorithm>
#include <csignal>
#include <tuple>

#include "core/check.hpp"

namespace mer::orchestrator {

Scheduler::Scheduler(SchedulerOptions options, const std::vector<ScheduledTrial>& trials) : options_(options) {
  std::unordered_map<std::string, int> shapes;
  for (const ScheduledTrial& given : trials) {
    MER_CHECK(given.state != TrialState::running, "a restored trial is still running: begin_session comes first");
    const auto position = Position(trials_.size());
    if (!positions_.try_emplace(given.id, position).second) continue;
    const int shape = shapes.try_emplace(given.shape, int(shapes.size())).first->second;
    trials_.push_back({given.id, shape, given.state, given.attempt, given.crashes, kNoLimit, {}});
    ++counts_[std::size_t(given.state)];
    if (given.state == TrialState::pending) ready_.insert(position);
  }
}

std::vector<Effect> Scheduler::on(const Event& event, TimePoint now) {
  effects_.clear();
  std::visit([&](const auto& e) { on_event(e, now); }, event);
  wake(now);
  dispatch();
  end_if_over();
  return std::move(effects_);
}

void Scheduler::on_event(const WorkerJoined& event, TimePoint /*now*/) {
  if (workers_.try_emplace(event.worker).second) workers_[event.worker].capacity = options_.stack;
}

void Scheduler::on_event(const WorkerCapacity& event, TimePoint /*now*/) {
  const auto worker = workers_.find(event.worker);
  if (worker != workers_.end()) worker->second.capacity = std::max(1, event.trials);
}

void Scheduler::on_event(const WorkerReport& event, TimePoint now) {
  const Report& report = event.report;
  const auto found = positions_.find(report.trial);
  const bool current = found != positions_.end() && trials_[std::size_t(found->second)].state == TrialState::running &&
                       trials_[std::size_t(found->second)].attempt == report.attempt &&
                       trials_[std::size_t(found->second)].worker == event.worker;
  if (!current) {
    ++stale_reports_;
    return;
  }
  if (std::holds_alternative<AttemptFailed>(report.event)) {
    effects_.push_back(record_failure(found->second, report, now));
    return;
  }
  effects_.push_back(Record{report});
  if (ends_attempt(report.event)) end_attempt(found->second, report.event, now);
}

// A worker that is empty is free for anything.
void Scheduler::release(Position position) {
  Worker& worker = workers_[trials_[std::size_t(position)].worker];
  worker.held.erase(position);
  if (worker.held.empty()) worker.reserved = false;
}

void Scheduler::end_attempt(Position position, const AttemptEvent& event, TimePoint now) {
  Trial& trial = trials_[std::size_t(position)];
  release(position);
  --trial.crashes;  // a clean end or a deliberate stop is no crash
  if (std::holds_alternative<AttemptFinished>(event)) {
    move(position, TrialState::done);
  } else if (std::holds_alternative<AttemptDiverged>(event)) {
    move(position, TrialState::diverged);
  } else {
    move(position, TrialState::pending);
    wait(position, now);
  }
}

Record Scheduler::record_failure(Position position, const Report& report, TimePoint now) {
  Trial& trial = trials_[std::size_t(position)];
  const auto& crash = std::get<AttemptFailed>(report.event);
  const bool blamed = crash.failure.kind == Failure::Kind::error;
  const bool refund = crash.stack > 1 && !blamed;
  if (refund) --trial.crashes;
  if (!blamed) learn_from_crash(trial, crash);
  release(position);
  if (trial.crashes >= options_.max_attempts) {
    move(position, TrialState::failed);
    return {report, TrialState::failed, false};
  }
  move(position, TrialState::pending);
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
  worker.capacity = options_.stack;  // of the next trainer
  if (crash.stack == 1) return;
  trial.stack_limit = std::min(trial.stack_limit, half);
  if (failure.kind == Failure::Kind::memory || killed) worker.memory_limit = std::min(worker.memory_limit, half);
}

void Scheduler::on_event(const WorkerLost& event, TimePoint now) {
  const auto worker = workers_.find(event.worker);
  if (worker == workers_.end()) return;
  const std::set<Position> held = std::move(worker->second.held);
  workers_.erase(worker);
  for (const Position position : held) {
    Trial& trial = trials_[std::size_t(position)];
    --trial.crashes;  // a lost worker says nothing about its trials
    const Failure failure{Failure::Kind::error, 0, "worker " + std::to_string(event.worker.rank) + " was lost", ""};
    effects_.push_back(Record{{trial.id, trial.attempt, AttemptFailed{failure}}, TrialState::pending, true});
    move(position, TrialState::pending);
    wait(position, now);
  }
}

void Scheduler::on_event(const PauseRequested& /*event*/, TimePoint /*now*/) {
  if (pausing_) return;
  pausing_ = true;
  for (const auto& [id, worker] : workers_) {
    if (!worker.held.empty()) effects_.push_back(SendStop{id});
  }
}

void Scheduler::move(Position position, TrialState state) {
  Trial& trial = trials_[std::size_t(position)];
  --counts_[std::size_t(trial.state)];
  ++counts_[std::size_t(state)];
  trial.state = state;
}

void Scheduler::wait(Position position, TimePoint until) {
  waiting_.emplace(until, position);
}

void Scheduler::wake(TimePoint now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    ready_.insert(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

// A worker that was empty is filled with what fits before it can be reserved.
void Scheduler::dispatch() {
  if (pausing_ || ready_.empty()) return;
  std::vector<Place> open;    // that can take one more
  std::int64_t reserved = 0;  // for the first trials that fit nowhere, one each
  for (auto& [id, worker] : workers_) {
    reserved += worker.reserved ? 1 : 0;
    if (!worker.reserved && has_room(worker)) open.push_back({id, &worker, worker.held.empty()});
  }
  std::map<WorkerId, ClaimAndAssign> assignments;
  for (auto next = ready_.begin(); next != ready_.end() && !open.empty();) {
    const Position position = *next++;
    const Trial& trial = trials_[std::size_t(position)];
    const auto place = std::ranges::min_element(open, {}, [&](const Place& candidate) {
      return std::tuple(!fits(*candidate.worker, trial), candidate.was_empty, candidate.worker->held.size());
    });
    const auto [id, worker, was_empty] = *place;
    if (fits(*worker, trial)) {
      hand(position, id, *worker);
      assignments.try_emplace(id, ClaimAndAssign{id, {}}).first->second.trials.push_back({trial.id, trial.attempt});
    } else if (--reserved < 0) {
      worker->reserved = !was_empty;
    }
    if (worker->reserved || !has_room(*worker)) open.erase(place);
  }
  for (auto& [id, assignment] : assignments) effects_.push_back(std::move(assignment));
}

bool Scheduler::has_room(const Worker& worker) const {
  return worker.held.empty() || int(worker.held.size()) < limit_of(worker);
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

void Scheduler::hand(Position position, WorkerId id, Worker& worker) {
  Trial& trial = trials_[std::size_t(position)];
  if (worker.shape != trial.shape) {  // another trainer, which has not said what it wants
    worker.shape = trial.shape;
    worker.capacity = options_.stack;
    worker.memory_limit = kNoLimit;
  }
  ready_.erase(position);
  worker.held.insert(position);
  move(position, TrialState::running);
  ++trial.attempt;
  ++trial.crashes;
  trial.worker = id;
}

void Scheduler::end_if_over() {
  const std::int64_t pending = count(TrialState::pending);
  const bool over = count(TrialState::running) == 0 && (pausing_ || pending == 0);
  if (!over || ended_) return;
  ended_ = true;
  effects_.push_back(
      Ended{pending > 0, count(TrialState::done), count(TrialState::failed), count(TrialState::diverged), pending});
}

}  // namespace mer::orchestrator
