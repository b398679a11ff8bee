#include "tests/simulation/history.hpp"

#include <algorithm>

namespace mer::simulation {

namespace {

constexpr std::size_t kCheckpoints = 2;

bool is_lost_worker(const storage::Recorded& recorded, const AttemptFailed& failed) {
  const std::string& why = failed.failure.message;
  return recorded.refund && failed.failure.kind == Failure::Kind::error &&
         (why.find("was lost") != std::string::npos || why.find("its group") != std::string::npos);
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
  for (const PlannedSweep& sweep : plan.sweeps) {
    for (const storage::PlannedTrial& planned : sweep.submission.trials) {
      names_.try_emplace(planned.spec.id, "t" + std::to_string(names_.size() + 1));
    }
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

// The trial of that id that this attempt belongs to.
History::Trial* History::find(const TrialId& id, int attempt) {
  Trial* const newest = find(id);
  if (newest == nullptr || attempt > newest->first) return newest;
  const auto is_meant = [&](const Trial& trial) {
    return storage::without_number(trial.id) == id && attempt > trial.first && attempt <= trial.attempt;
  };
  const auto old = std::ranges::find_if(trials_, is_meant);
  return old == trials_.end() ? newest : &*old;
}

// --- the store ---

int History::begin_session() {
  for (Trial& trial : trials_) {
    if (trial.state == TrialState::running && trial.group.empty()) trial.state = TrialState::pending;
    trial.worker = 0;
    trial.leaving = false;
    trial.ready_at = {};
  }
  sessions_[++session_];
  return session_;
}

void History::commit(int session, std::span<const storage::StoreWrite> writes, const storage::CommitOutcome& outcome) {
  Session& own = sessions_.at(session);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (std::ranges::find(outcome.stale, i) != outcome.stale.end()) {
      if (std::holds_alternative<storage::Refunded>(writes[i])) continue;
      expect(session != session_, "the store refuses what the newest session writes");
      continue;
    }
    expect(session == session_, "session " + std::to_string(session) + " writes though session " +
                                    std::to_string(session_) + " has taken over");
    std::visit([&](const auto& write) { apply(own, write); }, writes[i]);
  }
}

void History::apply(Session& session, const storage::Claim& claim) {
  Trial* const trial = find(claim.trial);
  if (trial == nullptr) return;
  const std::string who = trial->name + "#" + std::to_string(claim.attempt);
  expect(trial->state != TrialState::running,
         who + " is claimed while attempt " + std::to_string(trial->attempt) + " holds the trial");
  expect(!trial->leaving,
         who + " is claimed before its worker has let attempt " + std::to_string(trial->attempt) + " go");
  expect(!is_final(trial->state), who + " is claimed though the trial has ended");
  expect(wanted_now(*trial), who + " is claimed though no active sweep wants it");
  expect(claim.attempt == trial->attempt + 1,
         who + " is claimed after attempt " + std::to_string(trial->attempt) + ": numbers go up by one");
  expect(trial->crashes < plan_.max_attempts, who + " is claimed after " + std::to_string(trial->crashes) +
                                                  " crashes, the limit is " + std::to_string(plan_.max_attempts));
  expect(trial->ready_at <= session.now, who + " is claimed before its back-off is over");
  expect(has_room(session, *trial), who + " is claimed though it would not end before its job does");
  const std::string worker = "worker " + std::to_string(claim.worker);
  expect(joined(session).contains(claim.worker) || session.going.contains(claim.worker),
         who + " is claimed for " + worker + ", which is not there");
  expect(!is_shut_out(session, claim.worker), who + " is claimed for " + worker + ", whose node is excluded");
  expect(!has_stale(session, claim.worker),
         who + " is claimed for " + worker + ", which has not let go what it brought");
  const int position = positions_.at(claim.trial);
  const auto same = std::ranges::find(session.given, claim.worker, &Given::worker);
  const bool was_empty = same == session.given.end() ? held(claim.worker) == 0 : same->was_empty;
  session.given.push_back({position, claim.worker, was_empty});
  trial->state = TrialState::running;
  trial->attempt = claim.attempt;
  trial->worker = claim.worker;
  trial->group = claim.group;
  trial->code.clear();
  claimed_[{claim.trial, claim.attempt}] = claim.worker;
}

void History::apply(Session& session, const storage::Refunded& refunded) {
  Trial* const trial = find(refunded.trial);
  if (trial == nullptr) return;
  expect(session.excludes, "crashes of " + trial->name + " are given back though no node is excluded");
  expect(refunded.crashes >= 1 && refunded.crashes <= trial->crashes,
         trial->name + " gets back " + std::to_string(refunded.crashes) + " crashes and had " +
             std::to_string(trial->crashes));
  trial->crashes = std::max(0, trial->crashes - refunded.crashes);
  if (trial->state != TrialState::failed) return;
  trial->state = TrialState::pending;
  trial->ready_at = session.now;
}

void History::apply(Session& session, const storage::Recorded& recorded) {
  const Report& report = recorded.report;
  Trial* const trial = find(report.trial);
  if (trial == nullptr) return;
  if (trace_.wanted()) trace_.line("store", text_of(report, names_));
  const std::string who = trial->name + "#" + std::to_string(report.attempt);
  expect(trial->attempt == report.attempt, who + " is recorded, but the trial's attempt is another");
  const bool counted = std::holds_alternative<AttemptFinished>(report.event) && trial->state == TrialState::done;
  expect(!counted, who + " is counted a second time");
  expect(trial->state == TrialState::running, who + " is recorded though it has ended");
  if (const auto* started = std::get_if<AttemptStarted>(&report.event)) {
    trial->code = started->environment.code_version;
    trial->saved = started->resumed_epoch;
  } else if (const auto* epoch = std::get_if<EpochDone>(&report.event)) {
    int& newest = trial->epoch_rows.at(std::size_t(epoch->timing.epoch - 1));
    newest = std::max(newest, report.attempt);
    session.time.note_epoch(trial->shape, epoch->timing.train_seconds + epoch->timing.evaluate_seconds);
  } else if (const auto* saved = std::get_if<CheckpointSaved>(&report.event)) {
    save(*trial, saved->checkpoint);
    trial->saved = saved->checkpoint.epoch;
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
    expect(finished->result.weights_sha256 == weights_of(report.attempt), trial.name + " ends with another's result");
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
  const bool came_back = lost && failed.failure.message == "its group came back without it";
  expect(!came_back || !trained_.contains({recorded.report.trial, recorded.report.attempt}),
         trial.name + " is tried elsewhere though its group, which has come back, has trained it");
  const bool by_the_node = recorded.refund && may_be_shut_out(session, trial.worker);
  const bool charged = !lost && !by_the_node && (failed.stack == 1 || failed.failure.kind == Failure::Kind::error);
  trial.crashes += charged ? 1 : 0;
  const bool final = charged && trial.crashes >= plan_.max_attempts;
  expect(recorded.refund == !charged, trial.name + " is charged wrongly for a crash");
  expect((recorded.after_failure == TrialState::failed) == final,
         trial.name + (final ? " has used up its attempts and goes on" : " is given up too early"));
  trial.state = recorded.after_failure;
  if (lost) {
    session.changed = true;
    trial.ready_at = session.now;
    return;
  }
  auto wait = std::chrono::milliseconds(1000);
  for (int crash = 1; crash < trial.crashes; ++crash) wait = std::min(2 * wait, std::chrono::milliseconds(60'000));
  trial.ready_at = session.now + wait;
}

void History::compare(storage::ResultReader& reader, storage::ResultWriter& writer) {
  const std::vector<storage::SweepSummary> stored = reader.sweeps().value();  // newest first
  expect(stored.size() == sweeps_.size(), "the store has another number of sweeps");
  if (breach_) return;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const SweepId id = stored[i].id;
    compare(sweeps_[std::size_t(id.number - 1)], stored[i], writer.progress(id).value());
  }
}

void History::compare(const Sweep& sweep, const storage::SweepSummary& summary,
                      const std::vector<storage::TrialProgress>& stored) {
  const std::string who = "sweep " + std::to_string(summary.id.number);
  expect(summary.activity == sweep.activity, who + " was acknowledged as " + storage::name_of(sweep.activity) +
                                                 ", the store says " + storage::name_of(summary.activity));
  expect(summary.priority == sweep.priority, who + " was acknowledged with priority " + std::to_string(sweep.priority) +
                                                 ", the store says " + std::to_string(summary.priority));
  expect(summary.reused == std::int64_t(sweep.reused.size()), who + " reuses other results");
  expect(stored.size() == sweep.trials.size(), who + " has another number of trials in the store");
  for (std::size_t i = 0; i < std::min(stored.size(), sweep.trials.size()); ++i) {
    const storage::TrialProgress& is = stored[i];
    const Trial& trial = trials_[std::size_t(sweep.trials[i])];
    expect(is.spec.id == trial.id, "the store has the trials of " + who + " in another order");
    expect(is.state == trial.state, trial.name + " was acknowledged as " + mer::name_of(trial.state) +
                                        ", the store says " + mer::name_of(is.state));
    expect(is.attempt == trial.attempt, trial.name + ": attempt " + std::to_string(trial.attempt) +
                                            " was acknowledged, the store says " + std::to_string(is.attempt));
    const int charged = trial.crashes + (trial.state == TrialState::running ? 1 : 0);
    expect(is.crashes == charged, trial.name + " has crashed " + std::to_string(charged) + " times, the store says " +
                                      std::to_string(is.crashes));
    expect(is.checkpoints == trial.checkpoints, trial.name + " has other checkpoints in the store");
  }
}

void History::compare_end(storage::ResultReader& reader) {
  for (const Trial& trial : trials_) {
    expect(is_final(trial.state), trial.name + " has not ended");
    compare_results(reader, trial);
  }
  for (const storage::SweepSummary& summary : reader.sweeps().value()) {
    const Sweep& sweep = sweeps_.at(std::size_t(summary.id.number - 1));
    const auto done = std::ranges::count(sweep.trials, TrialState::done,
                                         [this](int trial) { return trials_[std::size_t(trial)].state; });
    expect(summary.counts.done == done && summary.counts.total() == std::int64_t(sweep.trials.size()),
           "the counts of sweep " + std::to_string(summary.id.number) + " are wrong");
  }
}

void History::compare_results(storage::ResultReader& reader, const Trial& trial) {
  const storage::TrialDetail detail = reader.trial(trial.id).value();
  expect(detail.result.has_value() == (trial.state == TrialState::done), trial.name + " and its result disagree");
  if (detail.result) {
    expect(detail.result->weights_sha256 == weights_of(trial.finished_by), trial.name + " has another's result");
  }
  expect(int(detail.attempts.size()) == trial.attempt - trial.first, trial.name + " has attempts too many or too few");
  const auto finished = std::ranges::count(detail.attempts, "finished", &storage::AttemptRow::outcome);
  expect(finished == (trial.state == TrialState::done ? 1 : 0), trial.name + " has finished more than once, or never");
  for (const Split split : {Split::train, Split::test}) {
    std::vector<int> newest(trial.epoch_rows.size());
    for (const EpochRow& row : reader.curve(trial.id, split).value()) {
      newest.at(std::size_t(row.epoch - 1)) = int(row.losses.total) / 1000;
    }
    expect(newest == trial.epoch_rows, trial.name + " has lost acknowledged epochs");
  }
  const bool whole = std::ranges::find(trial.epoch_rows, 0) == trial.epoch_rows.end();
  expect(whole || trial.state != TrialState::done || plan_.overtakings > 0, trial.name + " is done without an epoch");
}

// --- trainers ---

// Zombies of an earlier job may train beside it: what they report is refused.
void History::begins(int job, const TrialJob& trial) {
  const TrialId& id = trial.spec.id;
  const Trial* const known = find(id);
  if (known == nullptr) return;
  const std::string who = names_.at(id) + "#" + std::to_string(trial.attempt);
  expect(claimed_.contains({id, trial.attempt}), who + " is trained without a claim");
  expect(trained_.insert({id, trial.attempt}).second, who + " is trained twice");
  const auto [other, is_alone] = running_.try_emplace({job, id}, trial.attempt);
  expect(is_alone, who + " is trained beside attempt " + std::to_string(other->second));
}

void History::ends(int job, const TrialJob& trial) {
  const auto running = running_.find({job, trial.spec.id});
  if (running != running_.end() && running->second == trial.attempt) running_.erase(running);
}

void History::joins_gang(const std::string& worker, std::int64_t number) {
  std::int64_t& newest = gangs_[worker];
  expect(number > newest, worker + " joins gang " + std::to_string(number) + " after gang " + std::to_string(newest));
  newest = number;
}

}  // namespace mer::simulation
