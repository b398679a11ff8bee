#include "orchestrator/sweep_to_run.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/joined.hpp"
#include "core/json.hpp"
#include "core/sha256.hpp"
#include "core/sweep_file.hpp"
#include "core/trial.hpp"

namespace mer::orchestrator {
namespace {

std::string start_of_trainer(const SweepToRun& sweep) {
  const ResourceSettings& resources = sweep.resources;
  return nlohmann::json{name_of(resources.device),   resources.stack,          resources.threads,
                        resources.gpu_fraction,      resources.gpus_per_trial, resources.broadcast_features,
                        sweep.record_representations}
      .dump();
}

// Of each of the settings; made once for all that share them.
std::vector<std::string> shapes_of(const SweepToRun& sweep) {
  const std::string start = start_of_trainer(sweep);
  std::vector<std::string> shapes(sweep.settings.size());
  for (const TrialToRun& trial : sweep.trials) {
    std::string& shape = shapes[std::size_t(trial.settings)];
    if (shape.empty()) shape = sha256_hex(shape_key_of(sweep.spec_of(trial)) + start).substr(0, 32);
  }
  return shapes;
}

bool is_active(const storage::SweepSummary& sweep) {
  return sweep.activity == storage::SweepActivity::active && sweep.counts.left() > 0;
}

// A sweep that is paused may have trials that a group still runs.
bool has_work(const storage::SweepSummary& sweep) {
  return is_active(sweep) || sweep.counts.running > 0;
}

// Of the active ones, of the highest priority the oldest. Newest first.
std::optional<SweepId> first_to_run(const std::vector<storage::SweepSummary>& summaries) {
  const storage::SweepSummary* first = nullptr;
  for (const auto& summary : summaries) {
    if (is_active(summary) && (first == nullptr || summary.priority >= first->priority)) first = &summary;
  }
  return first == nullptr ? std::nullopt : std::optional(first->id);
}

}  // namespace

// Trials of one configuration follow each other.
void SweepToRun::add(storage::TrialProgress trial) {
  TrialSpec& spec = trial.spec;
  const auto is_last = [&](const Settings& last) {
    return last.configuration == spec.configuration && last.model == spec.model && last.train == spec.train;
  };
  if (settings.empty() || !is_last(settings.back())) {
    settings.push_back({std::move(spec.configuration), std::move(spec.model), std::move(spec.train)});
  }
  const Fold fold{std::move(spec.fold), std::move(spec.fold_name), std::move(spec.corpus)};
  auto known = std::ranges::find(folds, fold);
  if (known == folds.end()) known = folds.insert(folds.end(), fold);
  trials.push_back({std::move(spec.id), spec.seed, std::int32_t(settings.size() - 1),
                    std::int32_t(known - folds.begin()), trial.state, trial.attempt, trial.crashes,
                    std::move(trial.checkpoints), std::move(trial.group)});
}

TrialSpec SweepToRun::spec_of(const TrialToRun& trial) const {
  const Settings& own = settings[std::size_t(trial.settings)];
  const Fold& fold = folds[std::size_t(trial.fold)];
  return {trial.id, own.configuration, fold.id, fold.corpus, fold.name, trial.seed, own.model, own.train};
}

Result<SweepToRun> load_sweep(storage::ResultReader& reader, storage::ResultWriter& writer, SweepId id) {
  MER_ASSIGN(const auto detail, reader.sweep(id));
  MER_ASSIGN(const auto sweep, sweep_frame_from_resolved(detail.resolved_json));
  SweepToRun loaded;
  loaded.id = id;
  loaded.priority = detail.summary.priority;
  loaded.active = detail.summary.activity == storage::SweepActivity::active;
  loaded.max_attempts = sweep.max_attempts;
  loaded.resources = sweep.resources;
  loaded.record_representations = sweep.record_representations;
  for (const auto& corpus : detail.corpora) loaded.corpora[corpus.id] = corpus.path;
  for (const auto& configuration : detail.configurations) {
    loaded.names[configuration.id] =
        joined(configuration.differing, " ", [](const auto& setting) { return setting.first + "=" + setting.second; });
  }
  MER_TRY(writer.each_trial(id, [&](storage::TrialProgress trial) { loaded.add(std::move(trial)); }));
  return loaded;
}

Result<std::vector<SweepToRun>> sweeps_to_run(storage::ResultReader& reader, storage::ResultWriter& writer,
                                              std::optional<SweepId> named) {
  std::vector<SweepToRun> sweeps;
  MER_ASSIGN(const auto summaries, reader.sweeps());
  if (!named) named = first_to_run(summaries);
  if (!named) return sweeps;
  MER_ASSIGN(SweepToRun first, load_sweep(reader, writer, *named));
  const int gang = first.resources.gpus_per_trial;
  sweeps.push_back(std::move(first));
  for (const auto& summary : summaries) {
    if (summary.id == *named || !has_work(summary)) continue;
    MER_ASSIGN(SweepToRun sweep, load_sweep(reader, writer, summary.id));
    if (sweep.resources.gpus_per_trial == gang) sweeps.push_back(std::move(sweep));
  }
  std::ranges::sort(sweeps, {}, &SweepToRun::id);
  return sweeps;
}

Status hand_back_others(storage::ResultReader& reader, storage::ResultWriter& writer,
                        const std::vector<SweepToRun>& sweeps, double at) {
  std::set<TrialId> ours;
  for (const SweepToRun& sweep : sweeps) {
    for (const TrialToRun& trial : sweep.trials) {
      if (!trial.group.empty()) ours.insert(trial.id);
    }
  }
  const AttemptFailed handed_back{{Failure::Kind::error, 0, "the run that its group came back to leaves it out", ""},
                                  1};
  std::vector<storage::StoreWrite> writes;
  MER_ASSIGN(const auto summaries, reader.sweeps());
  for (const auto& summary : summaries) {
    if (summary.counts.running == 0) continue;
    MER_TRY(writer.each_trial(summary.id, [&](const storage::TrialProgress& trial) {
      if (trial.group.empty() || !ours.insert(trial.spec.id).second) return;
      writes.emplace_back(
          storage::Recorded{{trial.spec.id, trial.attempt, handed_back}, TrialState::pending, true, at});
    }));
  }
  if (!writes.empty()) MER_TRY(writer.commit(writes));
  return {};
}

Status read_epoch_times(storage::ResultReader& reader, SweepToRun& sweep) {
  constexpr int kTrials = 3;
  const std::vector<std::string> shapes = shapes_of(sweep);
  std::map<std::string, int> seen;
  for (const TrialToRun& trial : sweep.trials) {
    if (trial.attempt == 0 || seen[shapes[std::size_t(trial.settings)]] == kTrials) continue;
    MER_ASSIGN(const storage::TrialDetail detail, reader.trial(trial.id));
    if (!detail.timings.empty()) ++seen[shapes[std::size_t(trial.settings)]];
    for (const EpochTiming& timing : detail.timings) {
      sweep.measured.emplace_back(trial.settings, timing.train_seconds + timing.evaluate_seconds);
    }
  }
  return {};
}

ScheduledSweep scheduled(const SweepToRun& sweep) {
  ScheduledSweep result{sweep.id, sweep.priority, sweep.active, sweep.max_attempts, std::max(1, sweep.resources.stack),
                        {}};
  result.trials.reserve(sweep.trials.size());
  const std::vector<std::string> shapes = shapes_of(sweep);
  for (const TrialToRun& trial : sweep.trials) {
    const int saved = trial.checkpoints.empty() ? 0 : trial.checkpoints.front().epoch;
    const auto settings = std::size_t(trial.settings);
    result.trials.push_back({trial.id, shapes[settings], trial.state, trial.attempt, trial.crashes,
                             sweep.settings[settings].train.epochs, saved, trial.group});
  }
  for (const auto& [settings, seconds] : sweep.measured) {
    result.measured.push_back({shapes[std::size_t(settings)], seconds});
  }
  return result;
}

}  // namespace mer::orchestrator
