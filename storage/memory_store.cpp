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
  trial.group = claim.group;
  AttemptRow row;
  row.attempt = claim.attempt;
  row.worker = claim.worker;
  row.host = claim.host;
  row.started_at = claim.at;
  row.outcome = name_of(Outcome::running);
  trial.attempts.push_back(std::move(row));
  trial.groups.push_back(claim.group);
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

template <class Trial>
bool apply(Trial& trial, const Refunded& refunded) {
  if (judge(trial.facts, refunded) != Verdict::apply) return false;
  trial.facts = after(trial.facts, refunded);
  return true;
}

bool same_sweep(const Submission& a, const Submission& b) {
  const auto id_of = [](const PlannedTrial& planned) { return without_number(planned.spec.id); };
  return a.sweep.name == b.sweep.name && a.sweep.resolved_json == b.sweep.resolved_json &&
         std::ranges::equal(a.trials, b.trials, {}, id_of, id_of);
}

template <class Trial>
Reuse reuse_of_known(const Trial& trial, const Submission& submission) {
  const bool told = !trial.attempts.empty() && trial.attempts.back().environment;
  return reuse_of(trial.facts.state, told ? trial.attempts.back().environment->code_version : "", submission);
}

// Gives the trial of that id a number, in every sweep that has it.
template <class Content>
void supersede(Content& content, const TrialId& id) {
  std::int64_t number = 1;
  while (content.trials.contains(superseded(id, number))) ++number;
  const TrialId numbered = superseded(id, number);
  auto node = content.trials.extract(id);
  node.key() = numbered;
  node.mapped().spec.id = numbered;
  node.mapped().checkpoints.clear();
  content.trials.insert(std::move(node));
  for (auto& sweep : content.sweeps) {
    for (PlannedTrial& planned : sweep.submission.trials) {
      if (planned.spec.id == id) planned.spec.id = numbered;
    }
    if (sweep.reused.erase(id) > 0) sweep.reused.insert(numbered);
  }
}

// The trial of a new sweep: a new one, or one that the store has.
template <class Content, class Sweep>
void add_trial(Content& content, Sweep& sweep, const TrialSpec& spec) {
  const auto known = content.trials.find(spec.id);
  int attempt = 0;
  if (known != content.trials.end()) {
    const Reuse reuse = reuse_of_known(known->second, sweep.submission);
    if (reuse == Reuse::reuse) sweep.reused.insert(spec.id);
    if (reuse != Reuse::supersede) return;
    attempt = known->second.facts.attempt;
    supersede(content, spec.id);
  }
  auto& trial = content.trials[spec.id];
  trial.spec = spec;
  trial.facts.attempt = attempt;
}

template <class Trial>
void change(Trial& trial, const Control& control) {
  if (control.verb == ControlVerb::cancel) {
    if (trial.facts.state == TrialState::running) {
      trial.facts.outcome = Outcome::stopped;
      trial.facts.crashes = refunded(trial.facts.crashes);
      trial.attempts.back().outcome = name_of(Outcome::stopped);
      trial.attempts.back().ended_at = control.at;
    }
    trial.facts.state = TrialState::cancelled;
    trial.message = "cancelled";
  } else {
    trial.facts.state = TrialState::pending;
    trial.facts.crashes = 0;
    trial.message.clear();
  }
}

template <class Sweep>
bool has(const Sweep& sweep, const TrialId& id) {
  return std::ranges::any_of(sweep.submission.trials, [&](const PlannedTrial& p) { return p.spec.id == id; });
}

template <class Sweep>
bool wants(const Sweep& sweep, const TrialId& id) {
  return sweep.activity != SweepActivity::cancelled && has(sweep, id);
}

template <class Content>
bool wanted_by_another(const Content& content, const TrialId& id) {
  return std::ranges::any_of(content.sweeps, [&](const auto& sweep) { return wants(sweep, id); });
}

// Of the sweeps that have these trials, those that are cancelled, where no other one wants the trial.
template <class Content>
std::vector<SweepId> revive(Content& content, const std::vector<TrialId>& trials) {
  std::set<SweepId> revived;
  for (const TrialId& id : trials) {
    if (wanted_by_another(content, id)) continue;
    for (std::size_t i = 0; i < content.sweeps.size(); ++i) {
      if (has(content.sweeps[i], id)) revived.insert({std::int64_t(i + 1)});
    }
  }
  for (const SweepId sweep : revived) content.find(sweep)->activity = SweepActivity::active;
  return {revived.begin(), revived.end()};
}

template <class Content>
std::vector<SweepId> sweeps_of(const Content& content, const std::vector<TrialId>& trials) {
  std::vector<SweepId> sweeps;
  for (std::size_t i = 0; i < content.sweeps.size(); ++i) {
    const auto is_wanted = [&](const TrialId& id) { return wants(content.sweeps[i], id); };
    if (std::ranges::any_of(trials, is_wanted)) sweeps.push_back({std::int64_t(i + 1)});
  }
  return sweeps;
}

// What a control writes on its sweep, which is there, or on its trials. After an error some of it may stand.
template <class Content>
Result<Annotation> annotate(Content& content, const Control& control) {
  if (control.sweep) {
    auto& sweep = *content.find(*control.sweep);
    MER_ASSIGN(sweep.annotation, annotated(sweep.annotation, control));
    ++sweep.annotated;
    return sweep.annotation;
  }
  Annotation last;
  for (const TrialId& id : control.trials) {
    MER_ASSIGN(last, annotated(content.annotations[id], control));
    content.annotations[id] = last;
    for (auto& sweep : content.sweeps) {
      const auto is_it = [&](const PlannedTrial& planned) { return without_number(planned.spec.id) == id; };
      if (std::ranges::any_of(sweep.submission.trials, is_it)) ++sweep.annotated;
    }
  }
  return last;
}

template <class Content>
void add_test_parts(Content& content, const Submission& submission) {
  if (submission.test_parts.empty()) return;
  for (const PlannedTrial& planned : submission.trials) {
    const TestPart& part = submission.test_parts[static_cast<std::size_t>(planned.fold)];
    TestPart& kept = content.test_parts.try_emplace({planned.spec.fold, planned.spec.corpus}, part).first->second;
    if (kept.dialogues.empty()) kept.dialogues = part.dialogues;
  }
}

const TrialId& trial_of(const Claim& claim) {
  return claim.trial;
}
const TrialId& trial_of(const Recorded& recorded) {
  return recorded.report.trial;
}
const TrialId& trial_of(const Refunded& refunded) {
  return refunded.trial;
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
  for (std::size_t i = sweeps.size(); i > 0 && !submission.fresh; --i) {
    if (!same_sweep(sweeps[i - 1].submission, submission)) continue;
    sweeps[i - 1].activity = SweepActivity::active;
    sweeps[i - 1].submission.corpora = submission.corpora;
    add_test_parts(*content_, submission);
    return SweepId{static_cast<std::int64_t>(i)};
  }
  Content::Sweep sweep{submission, SweepActivity::active, submission.priority, {}, 0, {}};
  for (const PlannedTrial& planned : submission.trials) {
    add_trial(*content_, sweep, planned.spec);
  }
  add_test_parts(*content_, submission);
  sweeps.push_back(std::move(sweep));
  ++content_->changes;
  return SweepId{static_cast<std::int64_t>(sweeps.size())};
}

Status MemoryStore::begin_session(const std::string&, std::int64_t, double at) {
  const Lock lock(content_->mutex);
  lease_ = ++content_->lease;
  for (auto& [id, trial] : content_->trials) {
    if (trial.facts.state != TrialState::running || !trial.group.empty()) continue;
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

Result<Controlled> MemoryStore::control(const Control& control) {
  MER_TRY(check_control(control));
  const Lock lock(content_->mutex);
  MER_TRY(check_lease(content_->lease, lease_));
  std::vector<TrialId> candidates = control.trials;
  Controlled controlled;
  if (control.sweep) {
    Content::Sweep* const sweep = content_->find(*control.sweep);
    if (sweep == nullptr) return no_sweep(std::to_string(control.sweep->number), {});
    sweep->activity = activity_after(control.verb, sweep->activity);
    if (control.verb == ControlVerb::priority) sweep->priority = control.priority;
    controlled.activity = sweep->activity;
    controlled.priority = sweep->priority;
    for (const PlannedTrial& planned : sweep->submission.trials) candidates.push_back(planned.spec.id);
  }
  for (const TrialId& id : candidates) {
    if (!content_->trials.contains(id)) return no_trial(id);
  }
  if (annotates(control.verb)) {
    MER_ASSIGN(controlled.annotation, annotate(*content_, control));
  }
  const bool spares = control.sweep && control.verb == ControlVerb::cancel;
  for (const TrialId& id : candidates) {
    Content::Trial& trial = content_->trials.at(id);
    if (!changes(control.verb, trial.facts.state, !control.sweep) || is_superseded(id)) continue;
    if (spares && wanted_by_another(*content_, id)) continue;
    change(trial, control);
    controlled.trials.push_back(id);
  }
  if (control.verb != ControlVerb::cancel && !control.sweep) controlled.revived = revive(*content_, controlled.trials);
  controlled.sweeps = sweeps_of(*content_, controlled.trials);
  ++content_->changes;
  return controlled;
}

Result<std::int64_t> MemoryStore::count_reusable(const Submission& submission) {
  const Lock lock(content_->mutex);
  std::set<TrialId> reusable;
  for (const PlannedTrial& planned : submission.trials) {
    const auto known = content_->trials.find(planned.spec.id);
    if (known == content_->trials.end()) continue;
    if (reuse_of_known(known->second, submission) == Reuse::reuse) reusable.insert(planned.spec.id);
  }
  return std::int64_t(reusable.size());
}

Status MemoryStore::each_trial(SweepId sweep, const std::function<void(TrialProgress)>& take) {
  const Lock lock(content_->mutex);
  const Submission* submission = content_->find_submission(sweep);
  if (submission == nullptr) return no_sweep(std::to_string(sweep.number), {});
  std::set<TrialId> seen;
  for (const PlannedTrial& planned : submission->trials) {
    if (!seen.insert(planned.spec.id).second) continue;
    const Content::Trial& trial = content_->trials.at(planned.spec.id);
    const bool running = trial.facts.state == TrialState::running;
    take({planned.spec, trial.facts.state, trial.facts.attempt, trial.facts.crashes, trial.checkpoints,
          running ? trial.group : ""});
  }
  return {};
}

}  // namespace mer::storage
