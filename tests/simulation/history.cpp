#include "tests/simulation/history.hpp"

#include <algorithm>

namespace mer::simulation {

namespace {

constexpr std::size_t kCheckpoints = 2;

bool is_lost_worker(const storage::Recorded& recorded, const AttemptFailed& failed) {
  return recorded.refund && failed.failure.kind == Failure::Kind::error &&
         failed.failure.message.find("was lost") != std::string::npos;
}

}  // namespace

double loss_of(int attempt, int epoch) {
  return 1000.0 * attempt + epoch;
}

std::string weights_of(int attempt) {
  const std::string number = std::to_string(attempt);
  return std::string(64 - number.size(), '0') + number;
}

History::History(const Plan& plan, Trace& trace) : plan_(plan), trace_(trace) {
  for (const storage::PlannedTrial& planned : plan.submission.trials) {
    positions_.emplace(planned.spec.id, int(trials_.size()));
    Trial trial;
    trial.id = planned.spec.id;
    trial.epochs = planned.spec.train.epochs;
    trial.epoch_rows.resize(std::size_t(trial.epochs));
    trials_.push_back(std::move(trial));
    names_.emplace(planned.spec.id, "t" + std::to_string(trials_.size()));
  }
}

void History::expect(bool holds, const std::string& sentence) {
  if (holds || breach_) return;
  breach_ = sentence;
  trace_.line("CHECKER", sentence);
}

History::Trial* History::find(const TrialId& id) {
  const auto found = positions_.find(id);
  expect(found != positions_.end(), "a trial that nobody submitted: " + id.hex);
  return found == positions_.end() ? nullptr : &trials_[std::size_t(found->second)];
}

bool History::over() const {
  return std::ranges::all_of(trials_, [](const Trial& trial) { return is_final(trial.state); });
}

// --- the store ---

int History::begin_session() {
  for (Trial& trial : trials_) {
    if (trial.state == TrialState::running) trial.state = TrialState::pending;
    trial.ready_at = {};
  }
  sessions_[++session_];
  return session_;
}

void History::commit(int session, std::span<const storage::StoreWrite> writes, const storage::CommitOutcome& outcome) {
  Session& own = sessions_.at(session);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (std::ranges::find(outcome.stale, i) != outcome.stale.end()) continue;
    expect(session == session_, "session " + std::to_string(session) + " writes though session " +
                                    std::to_string(session_) + " has taken over");
    std::visit([&](const auto& write) { apply(own, write); }, writes[i]);
  }
}

void History::apply(Session& session, const storage::Claim& claim) {
  Trial* const trial = find(claim.trial);
  if (trial == nullptr) return;
  const std::string who = name(*trial) + "#" + std::to_string(claim.attempt);
  expect(trial->state != TrialState::running,
         who + " is claimed while attempt " + std::to_string(trial->attempt) + " holds the trial");
  expect(!is_final(trial->state), who + " is claimed though the trial has ended");
  expect(claim.attempt == trial->attempt + 1,
         who + " is claimed after attempt " + std::to_string(trial->attempt) + ": numbers go up by one");
  expect(trial->crashes < plan_.max_attempts, who + " is claimed after " + std::to_string(trial->crashes) +
                                                  " crashes, the limit is " + std::to_string(plan_.max_attempts));
  expect(trial->ready_at <= session.now, who + " is claimed before its back-off is over");
  const int position = positions_.at(claim.trial);
  const auto same = std::ranges::find(session.given, claim.worker, &Given::worker);
  const bool was_empty = same == session.given.end() ? held(claim.worker) == 0 : same->was_empty;
  session.given.push_back({position, claim.worker, was_empty});
  trial->state = TrialState::running;
  trial->attempt = claim.attempt;
  trial->worker = claim.worker;
  claimed_[{position, claim.attempt}] = claim.worker;
}

void History::apply(Session& session, const storage::Recorded& recorded) {
  const Report& report = recorded.report;
  Trial* const trial = find(report.trial);
  if (trial == nullptr) return;
  if (trace_.wanted()) trace_.line("store", text_of(report, names_));
  const std::string who = name(*trial) + "#" + std::to_string(report.attempt);
  expect(trial->attempt == report.attempt, who + " is recorded, but the trial's attempt is another");
  const bool counted = std::holds_alternative<AttemptFinished>(report.event) && trial->state == TrialState::done;
  expect(!counted, who + " is counted a second time");
  expect(trial->state == TrialState::running, who + " is recorded though it has ended");
  if (const auto* epoch = std::get_if<EpochDone>(&report.event)) {
    int& newest = trial->epoch_rows.at(std::size_t(epoch->timing.epoch - 1));
    newest = std::max(newest, report.attempt);
  } else if (const auto* saved = std::get_if<CheckpointSaved>(&report.event)) {
    save(*trial, saved->checkpoint);
  } else if (ends_attempt(report.event)) {
    end_attempt(session, *trial, recorded);
  }
}

void History::save(Trial& trial, const CheckpointRecord& checkpoint) {
  trial.files.insert(checkpoint.file);
  auto& kept = trial.checkpoints;
  const auto age = [](const CheckpointRecord& c) { return std::pair(-c.attempt, -c.epoch); };
  if (std::ranges::find(kept, age(checkpoint), age) != kept.end()) return;
  kept.push_back(checkpoint);
  std::ranges::sort(kept, {}, age);
  if (kept.size() > kCheckpoints) kept.resize(kCheckpoints);
}

void History::end_attempt(Session& session, Trial& trial, const storage::Recorded& recorded) {
  const Report& report = recorded.report;
  if (const auto* finished = std::get_if<AttemptFinished>(&report.event)) {
    expect(finished->result.weights_sha256 == weights_of(report.attempt), name(trial) + " ends with another's result");
    trial.state = TrialState::done;
    trial.finished_by = report.attempt;
    trial.checkpoints.clear();
  } else if (std::holds_alternative<AttemptDiverged>(report.event)) {
    trial.state = TrialState::diverged;
  } else if (std::holds_alternative<AttemptStopped>(report.event)) {
    trial.state = TrialState::pending;
    trial.ready_at = session.now;
  } else {
    fail_attempt(session, trial, recorded);
  }
}

// docs/failure.md: a crash counts when the trial crashed alone, or when the trainer blames it.
void History::fail_attempt(Session& session, Trial& trial, const storage::Recorded& recorded) {
  const auto& failed = std::get<AttemptFailed>(recorded.report.event);
  const bool lost = is_lost_worker(recorded, failed);
  const bool charged = !lost && (failed.stack == 1 || failed.failure.kind == Failure::Kind::error);
  trial.crashes += charged ? 1 : 0;
  const bool final = charged && trial.crashes >= plan_.max_attempts;
  expect(recorded.refund == !charged, name(trial) + " is charged wrongly for a crash");
  expect((recorded.after_failure == TrialState::failed) == final,
         name(trial) + (final ? " has used up its attempts and goes on" : " is given up too early"));
  trial.state = recorded.after_failure;
  if (lost) {
    trial.ready_at = session.now;
    return;
  }
  auto wait = std::chrono::milliseconds(1000);
  for (int crash = 1; crash < trial.crashes; ++crash) wait = std::min(2 * wait, std::chrono::milliseconds(60'000));
  trial.ready_at = session.now + wait;
}

void History::compare(const std::vector<storage::TrialProgress>& stored) {
  expect(stored.size() == trials_.size(), "the store has another number of trials");
  for (std::size_t i = 0; i < std::min(stored.size(), trials_.size()); ++i) {
    const storage::TrialProgress& is = stored[i];
    const Trial& trial = trials_[i];
    expect(is.spec.id == trial.id, "the store has the trials in another order");
    expect(is.state == trial.state, name(trial) + " was acknowledged as " + mer::name_of(trial.state) +
                                        ", the store says " + mer::name_of(is.state));
    expect(is.attempt == trial.attempt, name(trial) + ": attempt " + std::to_string(trial.attempt) +
                                            " was acknowledged, the store says " + std::to_string(is.attempt));
    expect(is.crashes == trial.crashes, name(trial) + " has crashed " + std::to_string(trial.crashes) +
                                            " times, the store says " + std::to_string(is.crashes));
    expect(is.checkpoints == trial.checkpoints, name(trial) + " has other checkpoints in the store");
  }
}

void History::compare_end(storage::ResultReader& reader, SweepId sweep) {
  for (const Trial& trial : trials_) {
    expect(is_final(trial.state), name(trial) + " has not ended");
    compare_results(reader, trial);
  }
  const storage::StateCounts counts = reader.sweep(sweep)->summary.counts;
  const auto done = std::ranges::count(trials_, TrialState::done, &Trial::state);
  expect(counts.done == done && counts.total() == std::int64_t(trials_.size()), "the sweep's counts are wrong");
}

void History::compare_results(storage::ResultReader& reader, const Trial& trial) {
  const storage::TrialDetail detail = reader.trial(trial.id).value();
  expect(detail.result.has_value() == (trial.state == TrialState::done), name(trial) + " and its result disagree");
  if (detail.result) {
    expect(detail.result->weights_sha256 == weights_of(trial.finished_by), name(trial) + " has another's result");
  }
  expect(int(detail.attempts.size()) == trial.attempt, name(trial) + " has attempts too many or too few");
  const auto finished = std::ranges::count(detail.attempts, "finished", &storage::AttemptRow::outcome);
  expect(finished == (trial.state == TrialState::done ? 1 : 0), name(trial) + " has finished more than once, or never");
  for (const Split split : {Split::train, Split::test}) {
    std::vector<int> newest(trial.epoch_rows.size());
    for (const EpochRow& row : reader.curve(trial.id, split).value()) {
      newest.at(std::size_t(row.epoch - 1)) = int(row.losses.total) / 1000;
    }
    expect(newest == trial.epoch_rows, name(trial) + " has lost acknowledged epochs");
  }
  const bool whole = std::ranges::find(trial.epoch_rows, 0) == trial.epoch_rows.end();
  expect(whole || trial.state != TrialState::done || plan_.overtakings > 0, name(trial) + " is done without an epoch");
}

// --- the coordinator ---

void History::begin_step(int session, TimePoint now) {
  Session& own = sessions_.at(session);
  own.now = now;
  own.events = 0;
  own.given.clear();
}

void History::heard(int session, int from, const Message& message) {
  Session& own = sessions_.at(session);
  if (std::holds_alternative<Beat>(message)) return;
  ++own.events;
  if (std::holds_alternative<Hello>(message) && own.here.insert(from).second) own.overtaking.clear();
}

void History::sends(int to, const Message& message) {
  const auto* assign = std::get_if<Assign>(&message);
  if (assign == nullptr) return;
  for (const TrialJob& job : assign->job.trials) {
    Trial* const trial = find(job.spec.id);
    if (trial == nullptr) return;
    const std::string who = name(*trial) + "#" + std::to_string(job.attempt);
    const auto claim = claimed_.find({positions_.at(job.spec.id), job.attempt});
    expect(claim != claimed_.end() && claim->second == to, who + " is sent before its claim is durable");
    for (const CheckpointRecord& checkpoint : job.resume) {
      expect(trial->files.contains(checkpoint.file), who + " is to resume from a checkpoint that is not committed");
    }
  }
}

void History::paused(int session) {
  sessions_.at(session).pausing = true;
}

void History::end_step(int session, bool goes_on) {
  Session& own = sessions_.at(session);
  if (session != session_ || !goes_on || own.pausing) return;
  if (own.events <= 1) check_order(own);
  check_starvation(own);
  const int ready = first_ready(own);
  if (ready < 0) return;
  for (const int worker : joined(own)) {
    expect(held(worker) > 0,
           "worker " + std::to_string(worker) + " is idle though " + name(trials_[std::size_t(ready)]) + " waits");
  }
}

void History::left(int session, ExitCode code) {
  if (session != session_) return;
  const bool all_done = std::ranges::all_of(trials_, [](const Trial& t) { return t.state == TrialState::done; });
  expect(code != ExitCode::done || all_done, "the coordinator says that all is done, which it is not");
  expect(code != ExitCode::some_failed || (over() && !all_done), "the coordinator says that the sweep has ended");
  expect(code != ExitCode::paused || !over(), "the coordinator says that it was paused though all has ended");
}

// An empty worker goes to the first trial that waits.
void History::check_order(Session& session) {
  const int ready = first_ready(session);
  std::set<int> seen;
  for (const Given& given : session.given) {
    if (!seen.insert(given.worker).second || !given.was_empty || ready < 0) continue;
    expect(given.position < ready, name(trials_[std::size_t(given.position)]) + " is preferred to " +
                                       name(trials_[std::size_t(ready)]) + ", which comes first");
  }
}

// While the first waits for a place, not all workers may go on with later ones: one of them has to get empty.
void History::check_starvation(Session& session) {
  for (const Given& given : session.given) {
    if (given.position > session.waiting && !given.was_empty) session.overtaking.insert(given.worker);
    if (given.position <= session.waiting) session.overtaking.clear();
  }
  const int ready = first_ready(session);
  if (ready != session.waiting || ready < 0) session.overtaking.clear();
  session.waiting = ready;
  if (ready < 0 || session.overtaking.empty()) return;
  expect(session.overtaking != joined(session), name(trials_[std::size_t(ready)]) +
                                                    " starves: every worker goes on "
                                                    "with trials that come later");
}

int History::first_ready(const Session& session) const {
  for (std::size_t i = 0; i < trials_.size(); ++i) {
    if (trials_[i].state == TrialState::pending && trials_[i].ready_at <= session.now) return int(i);
  }
  return -1;
}

int History::held(int worker) const {
  return int(std::ranges::count_if(
      trials_, [&](const Trial& trial) { return trial.state == TrialState::running && trial.worker == worker; }));
}

std::set<int> History::joined(const Session& session) const {
  std::set<int> leaders;
  for (const int rank : session.here) {
    const int leader = gang_leader(rank, plan_.gang);
    bool all = true;
    for (int member = leader; member < leader + plan_.gang; ++member) all = all && session.here.contains(member);
    if (all) leaders.insert(leader);
  }
  return leaders;
}

// --- trainers ---

void History::trains(const TrialJob& trial) {
  const Trial* const known = find(trial.spec.id);
  if (known == nullptr) return;
  const std::string who = name(*known) + "#" + std::to_string(trial.attempt);
  const std::pair key{positions_.at(trial.spec.id), trial.attempt};
  expect(claimed_.contains(key), who + " is trained without a claim");
  expect(trained_.insert(key).second, who + " is trained twice");
}

void History::joins_gang(const std::string& worker, std::int64_t number) {
  std::int64_t& newest = gangs_[worker];
  expect(number > newest, worker + " joins gang " + std::to_string(number) + " after gang " + std::to_string(newest));
  newest = number;
}

}  // namespace mer::simulation
