#include "storage/memory_store.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "storage/lookup.hpp"
#include "storage/memory_content.hpp"

namespace mer::storage {
namespace {

using Lock = std::scoped_lock<std::mutex>;

Status check_lease(std::int64_t current, std::int64_t ours) {
  if (current == ours) return {};
  return Error{ErrorCode::stale, "another coordinator has taken over this store"};
}

// Applies one event to a trial whose current attempt it names; what SqliteStore's CommitBatch does in SQL.
template <class Trial>
struct EventWriter {
  Trial& trial;
  int attempt;

  void operator()(const AttemptStarted& started) const {
    AttemptRow& row = trial.attempts.back();
    row.resumed_epoch = started.resumed_epoch;
    row.refused_checkpoints = started.refused_checkpoints;
    row.environment = started.environment;
  }
  void operator()(const EpochDone& done) const {
    for (const EpochRow& row : done.rows) {
      trial.epochs[{row.split, row.epoch}].try_emplace(attempt, row);
      trial.epoch = std::max(trial.epoch, row.epoch);
    }
    trial.timings[done.timing.epoch].try_emplace(attempt, done.timing);
  }
  void operator()(const CheckpointSaved& saved) const {
    CheckpointRecord record = saved.checkpoint;
    record.trial = trial.spec.id;
    record.attempt = attempt;
    auto& kept = trial.checkpoints;
    const auto same = [&](const auto& c) { return c.attempt == attempt && c.epoch == record.epoch; };
    if (std::any_of(kept.begin(), kept.end(), same)) return;
    kept.push_back(std::move(record));
    std::sort(kept.begin(), kept.end(), [](const CheckpointRecord& a, const CheckpointRecord& b) {
      return std::pair(a.attempt, a.epoch) > std::pair(b.attempt, b.epoch);
    });
    if (kept.size() > 2) kept.resize(2);
  }
  void operator()(const AttemptFinished& finished) const {
    trial.result = finished.result;
    sort_selected(trial.result->selected);
    trial.checkpoints.clear();
  }
  void operator()(const AttemptFailed& failed) const { trial.attempts.back().failure = failed.failure; }
  void operator()(const AttemptDiverged&) const {}
  void operator()(const AttemptStopped&) const {}
};

template <class Trial>
bool stands(const Trial& trial, const Report& report) {
  if (const auto end = end_of(trial.facts, {.report = report, .after_failure = {}, .refund = {}, .at = 0})) {
    return end->outcome == trial.facts.outcome;
  }
  if (std::holds_alternative<AttemptStarted>(report.event)) return trial.attempts.back().environment.has_value();
  if (const auto* saved = std::get_if<CheckpointSaved>(&report.event)) {
    return std::any_of(trial.checkpoints.begin(), trial.checkpoints.end(), [&](const CheckpointRecord& kept) {
      return kept.attempt == report.attempt && kept.epoch == saved->checkpoint.epoch;
    });
  }
  const auto& rows = std::get<EpochDone>(report.event).rows;
  return std::all_of(rows.begin(), rows.end(), [&](const EpochRow& row) {
    const auto found = trial.epochs.find({row.split, row.epoch});
    return found != trial.epochs.end() && found->second.contains(report.attempt);
  });
}

template <class Trial>
bool apply(Trial& trial, const Claim& claim) {
  const Verdict verdict = judge(trial.facts, claim);
  if (verdict != Verdict::apply) return verdict == Verdict::repeat;
  if (trial.facts.state == TrialState::running) {
    trial.attempts.back().outcome = name_of(Outcome::lost);
    trial.attempts.back().ended_at = claim.at;
  }
  trial.facts = {TrialState::running, claim.attempt, trial.facts.crashes + 1, Outcome::running, claim.worker};
  trial.message.clear();
  AttemptRow row;
  row.attempt = claim.attempt;
  row.worker = claim.worker;
  row.host = claim.host;
  row.started_at = claim.at;
  row.outcome = name_of(Outcome::running);
  trial.attempts.push_back(std::move(row));
  return true;
}

template <class Trial>
bool apply(Trial& trial, const Recorded& recorded) {
  const Verdict verdict = judge(trial.facts, recorded);
  if (verdict == Verdict::stale) return false;
  if (verdict == Verdict::repeat) return stands(trial, recorded.report);
  std::visit(EventWriter<Trial>{trial, recorded.report.attempt}, recorded.report.event);
  if (const auto end = end_of(trial.facts, recorded)) {
    trial.facts.outcome = end->outcome;
    trial.facts.state = end->state;
    trial.facts.crashes = end->crashes;
    trial.message = end->message;
    trial.attempts.back().outcome = name_of(end->outcome);
    trial.attempts.back().ended_at = recorded.at;
  }
  return true;
}

bool same_sweep(const Submission& a, const Submission& b) {
  const auto id_of = [](const PlannedTrial& planned) -> const TrialId& { return planned.spec.id; };
  return a.sweep.name == b.sweep.name && a.sweep.resolved_json == b.sweep.resolved_json &&
         std::ranges::equal(a.trials, b.trials, {}, id_of, id_of);
}

const TrialId& trial_of(const Claim& claim) {
  return claim.trial;
}
const TrialId& trial_of(const Recorded& recorded) {
  return recorded.report.trial;
}

}  // namespace

MemoryStore::MemoryStore() : MemoryStore(std::make_shared<Content>()) {}
MemoryStore::MemoryStore(std::shared_ptr<Content> content) : content_(std::move(content)) {
  const Lock lock(content_->mutex);
  lease_ = content_->lease;
}
MemoryStore::~MemoryStore() = default;

std::unique_ptr<MemoryStore> MemoryStore::reopen() const {
  return std::unique_ptr<MemoryStore>(new MemoryStore(content_));
}

Result<SweepId> MemoryStore::submit(const Submission& submission) {
  MER_TRY(check_submission(submission));
  const Lock lock(content_->mutex);
  MER_TRY(check_lease(content_->lease, lease_));
  auto& sweeps = content_->sweeps;
  for (std::size_t i = sweeps.size(); i > 0; --i) {
    if (same_sweep(sweeps[i - 1], submission)) return SweepId{static_cast<std::int64_t>(i)};
  }
  sweeps.push_back(submission);
  for (const PlannedTrial& planned : submission.trials) {
    Content::Trial trial;
    trial.spec = planned.spec;
    content_->trials.try_emplace(planned.spec.id, std::move(trial));
    if (submission.test_parts.empty()) continue;
    content_->test_parts.try_emplace({planned.spec.fold, planned.spec.corpus},
                                     submission.test_parts[static_cast<std::size_t>(planned.fold)]);
  }
  ++content_->changes;
  return SweepId{static_cast<std::int64_t>(sweeps.size())};
}

Status MemoryStore::begin_session(const std::string&, std::int64_t, double at) {
  const Lock lock(content_->mutex);
  lease_ = ++content_->lease;
  for (auto& [id, trial] : content_->trials) {
    if (trial.facts.state != TrialState::running) continue;
    trial.facts.state = TrialState::pending;
    trial.facts.outcome = Outcome::lost;
    trial.facts.crashes = refunded(trial.facts.crashes);
    trial.attempts.back().outcome = name_of(Outcome::lost);
    trial.attempts.back().ended_at = at;
  }
  ++content_->changes;
  return {};
}

Status MemoryStore::beat(double) {
  const Lock lock(content_->mutex);
  return check_lease(content_->lease, lease_);
}

Result<CommitOutcome> MemoryStore::commit(std::span<const StoreWrite> writes) {
  const Lock lock(content_->mutex);
  MER_TRY(check_lease(content_->lease, lease_));
  CommitOutcome outcome;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const bool accepted = std::visit(
        [&](const auto& write) {
          const auto trial = content_->trials.find(trial_of(write));
          return trial != content_->trials.end() && apply(trial->second, write);
        },
        writes[i]);
    if (!accepted) outcome.stale.push_back(i);
  }
  ++content_->changes;
  return outcome;
}

Result<std::int64_t> MemoryStore::retry_failed(SweepId sweep) {
  const Lock lock(content_->mutex);
  MER_TRY(check_lease(content_->lease, lease_));
  const Submission* submission = content_->find(sweep);
  if (submission == nullptr) return no_sweep(std::to_string(sweep.number), {});
  std::int64_t failed = 0;
  for (const PlannedTrial& planned : submission->trials) {
    Content::Trial& trial = content_->trials.at(planned.spec.id);
    if (trial.facts.state != TrialState::failed) continue;
    trial.facts.state = TrialState::pending;
    trial.facts.crashes = 0;
    trial.message.clear();
    ++failed;
  }
  ++content_->changes;
  return failed;
}

Result<std::vector<TrialProgress>> MemoryStore::progress(SweepId sweep) {
  const Lock lock(content_->mutex);
  const Submission* submission = content_->find(sweep);
  if (submission == nullptr) return no_sweep(std::to_string(sweep.number), {});
  std::vector<TrialProgress> rows;
  std::set<TrialId> seen;
  for (const PlannedTrial& planned : submission->trials) {
    if (!seen.insert(planned.spec.id).second) continue;
    const Content::Trial& trial = content_->trials.at(planned.spec.id);
    rows.push_back({planned.spec, trial.facts.state, trial.facts.attempt, trial.facts.crashes, trial.checkpoints});
  }
  return rows;
}

}  // namespace mer::storage
