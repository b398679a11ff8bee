// The reading part of MemoryStore.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "core/scores.hpp"
#include "storage/aggregate.hpp"
#include "storage/codec.hpp"
#include "storage/lookup.hpp"
#include "storage/memory_content.hpp"
#include "storage/memory_store.hpp"

namespace mer::storage {
namespace {

using Lock = std::scoped_lock<std::mutex>;

std::int64_t& count_of(StateCounts& counts, TrialState state) {
  switch (state) {
    case TrialState::pending: return counts.pending;
    case TrialState::running: return counts.running;
    case TrialState::done: return counts.done;
    case TrialState::failed: return counts.failed;
    case TrialState::diverged: return counts.diverged;
    case TrialState::cancelled: return counts.cancelled;
  }
  return counts.cancelled;
}

template <class Content>
SweepSummary summary_of(Content& content, SweepId id) {
  const auto& sweep = *content.find(id);
  const Submission& submission = sweep.submission;
  SweepSummary summary{id,
                       submission.sweep.name,
                       submission.submitted_at,
                       {},
                       sweep.activity,
                       sweep.priority,
                       std::int64_t(sweep.reused.size()),
                       sweep.annotated,
                       sweep.annotation};
  std::set<TrialId> seen;
  for (const PlannedTrial& planned : submission.trials) {
    if (!seen.insert(planned.spec.id).second) continue;
    ++count_of(summary.counts, content.trials.at(planned.spec.id).facts.state);
  }
  return summary;
}

template <class Content>
Annotation annotation_of(const Content& content, const TrialId& id) {
  const auto known = content.annotations.find(without_number(id));
  return known == content.annotations.end() ? Annotation() : known->second;
}

const Selected* find_selected(const std::optional<TrialResult>& result, SelectionRule rule, Metric metric) {
  if (!result) return nullptr;
  for (const Selected& selected : result->selected) {
    if (selected.rule == rule && selected.metric == stored_metric(rule, metric)) return &selected;
  }
  return nullptr;
}

template <class Trial>
TrialRow row_of(const Trial& trial, const PlannedTrial& planned, const SelectSettings& select) {
  TrialRow row;
  row.id = planned.spec.id;
  row.configuration = planned.configuration;
  row.fold = planned.fold;
  row.seed = planned.spec.seed;
  row.state = trial.facts.state;
  row.attempt = trial.facts.attempt;
  row.crashes = trial.facts.crashes;
  row.epoch = trial.epoch;
  row.epochs = planned.spec.train.epochs;
  row.message = trial.message;
  const Selected* selected = find_selected(trial.result, select.epoch, select.metric);
  if (selected != nullptr) row.scores = scores_of(selected->confusion);
  return row;
}

}  // namespace

Result<std::vector<SweepSummary>> MemoryStore::sweeps() {
  const Lock lock(content_->mutex);
  std::vector<SweepSummary> rows;
  for (auto number = static_cast<std::int64_t>(content_->sweeps.size()); number > 0; --number) {
    rows.push_back(summary_of(*content_, SweepId{number}));
  }
  return rows;
}

Result<SweepId> MemoryStore::find_sweep(const std::string& name_or_number) {
  const Lock lock(content_->mutex);
  if (const auto number = sweep_number(name_or_number)) {
    if (content_->find(SweepId{*number}) == nullptr) return no_sweep(name_or_number, {});
    return SweepId{*number};
  }
  std::vector<std::string> names;
  for (auto number = static_cast<std::int64_t>(content_->sweeps.size()); number > 0; --number) {
    names.push_back(content_->find_submission(SweepId{number})->sweep.name);
    if (names.back() == name_or_number) return SweepId{number};
  }
  return no_sweep(name_or_number, names);
}

Result<SweepDetail> MemoryStore::sweep(SweepId id) {
  const Lock lock(content_->mutex);
  const Submission* submission = content_->find_submission(id);
  if (submission == nullptr) return no_sweep(std::to_string(id.number), {});
  const Sweep& sweep = submission->sweep;
  SweepDetail detail;
  detail.summary = summary_of(*content_, id);
  detail.resolved_json = sweep.resolved_json;
  detail.code_version = submission->code_version;
  detail.select = sweep.select;
  detail.seeds = sweep.seeds;
  for (const Configuration& c : sweep.configurations) {
    detail.configurations.push_back({c.id, c.differing, settings_to_json(c)});
  }
  detail.folds = submission->folds;
  detail.corpora = submission->corpora;
  detail.published = sweep.published;
  return detail;
}

Result<std::vector<TrialRow>> MemoryStore::trials(SweepId id, const Configurations& only) {
  const Lock lock(content_->mutex);
  const Submission* submission = content_->find_submission(id);
  if (submission == nullptr) return no_sweep(std::to_string(id.number), {});
  std::vector<TrialRow> rows;
  for (const PlannedTrial& planned : submission->trials) {
    if (!is_among(planned.configuration, only)) continue;
    rows.push_back(row_of(content_->trials.at(planned.spec.id), planned, submission->sweep.select));
    rows.back().reused = content_->find(id)->reused.contains(planned.spec.id);
    rows.back().annotation = annotation_of(*content_, planned.spec.id);
  }
  return rows;
}

Result<TrialId> MemoryStore::find_trial(const std::string& prefix) {
  MER_TRY(check_trial_prefix(prefix));
  const Lock lock(content_->mutex);
  std::vector<TrialId> found;
  for (auto trial = content_->trials.lower_bound(TrialId{prefix});
       trial != content_->trials.end() && trial->first.hex.starts_with(prefix) && found.size() < 2; ++trial) {
    if (trial->first.hex == prefix || !is_superseded(trial->first)) found.push_back(trial->first);
  }
  return only_trial(prefix, found);
}

Result<TrialDetail> MemoryStore::trial(const TrialId& id) {
  const Lock lock(content_->mutex);
  const auto known = content_->trials.find(id);
  if (known == content_->trials.end()) return no_trial(id);
  const Content::Trial& trial = known->second;
  TrialDetail detail;
  detail.spec = trial.spec;
  for (std::size_t i = 0; i < content_->sweeps.size(); ++i) {
    const Submission& submission = content_->sweeps[i].submission;
    const auto planned = std::find_if(submission.trials.begin(), submission.trials.end(),
                                      [&](const PlannedTrial& p) { return p.spec.id == id; });
    if (planned == submission.trials.end()) continue;
    if (detail.sweeps.empty()) detail.row = row_of(trial, *planned, submission.sweep.select);
    detail.sweeps.push_back({static_cast<std::int64_t>(i + 1)});
  }
  detail.row.annotation = annotation_of(*content_, id);
  detail.attempts = trial.attempts;
  detail.checkpoints = trial.checkpoints;
  detail.result = trial.result;
  if (detail.result) {
    for (Selected& selected : detail.result->selected) selected.probabilities.clear();
  }
  for (const auto& [epoch, by_attempt] : trial.timings) detail.timings.push_back(by_attempt.rbegin()->second);
  return detail;
}

Result<std::vector<EpochRow>> MemoryStore::curve(const TrialId& id, Split split) {
  const Lock lock(content_->mutex);
  const auto trial = content_->trials.find(id);
  if (trial == content_->trials.end()) return no_trial(id);
  std::vector<EpochRow> rows;
  for (const auto& [key, by_attempt] : trial->second.epochs) {
    if (key.first == split) rows.push_back(by_attempt.rbegin()->second);
  }
  return rows;
}

Result<std::vector<ResultRow>> MemoryStore::results(SweepId id, SelectionRule rule, Metric metric,
                                                    const Configurations& only) {
  const Lock lock(content_->mutex);
  const Submission* submission = content_->find_submission(id);
  if (submission == nullptr) return no_sweep(std::to_string(id.number), {});
  std::vector<ScoredTrial> trials;
  for (const PlannedTrial& planned : submission->trials) {
    if (!is_among(planned.configuration, only)) continue;
    trials.push_back({planned.configuration, planned.fold, planned.spec.seed, {}});
    const Selected* selected = find_selected(content_->trials.at(planned.spec.id).result, rule, metric);
    if (selected != nullptr) trials.back().scores = scores_of(selected->confusion);
  }
  return result_rows(trials);
}

Result<std::vector<TrialConfusion>> MemoryStore::confusions(SweepId id, SelectionRule rule, Metric metric,
                                                            const Configurations& only) {
  const Lock lock(content_->mutex);
  const Submission* submission = content_->find_submission(id);
  if (submission == nullptr) return no_sweep(std::to_string(id.number), {});
  std::vector<TrialConfusion> all;
  for (const PlannedTrial& planned : submission->trials) {
    if (!is_among(planned.configuration, only)) continue;
    const Selected* selected = find_selected(content_->trials.at(planned.spec.id).result, rule, metric);
    if (selected == nullptr) continue;
    all.push_back({planned.spec.id, planned.configuration, planned.fold, planned.spec.seed, selected->confusion});
  }
  return all;
}

Result<Selected> MemoryStore::selected(const TrialId& id, SelectionRule rule, Metric metric) {
  const Lock lock(content_->mutex);
  const auto trial = content_->trials.find(id);
  if (trial == content_->trials.end()) return no_trial(id);
  const Selected* selected = find_selected(trial->second.result, rule, metric);
  if (selected == nullptr) return nothing_selected(id, rule);
  return *selected;
}

Result<std::vector<Prediction>> MemoryStore::predictions(const TrialId& id, SelectionRule rule, Metric metric) {
  MER_ASSIGN(const Selected chosen, selected(id, rule, metric));
  const Lock lock(content_->mutex);
  const TrialSpec& spec = content_->trials.at(id).spec;
  const auto part = content_->test_parts.find({spec.fold, spec.corpus});
  if (part == content_->test_parts.end()) return no_test_part(id);
  return predictions_of(chosen, part->second);
}

Result<std::int64_t> MemoryStore::data_version() {
  const Lock lock(content_->mutex);
  return content_->changes;
}

}  // namespace mer::storage
