#include "orchestrator/sweep_to_run.hpp"

#include <algorithm>
#include <utility>

#include "core/json.hpp"
#include "core/sha256.hpp"
#include "core/shape.hpp"
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

// A short name for the shape of each trial, made once for neighbours of the same.
class ShapeNames {
 public:
  explicit ShapeNames(const SweepToRun& sweep) : start_(start_of_trainer(sweep)) {}

  const std::string& of(const TrialSpec& spec) {
    if (last_ == nullptr || !same_shape(*last_, spec)) name_ = sha256_hex(shape_key_of(spec) + start_).substr(0, 32);
    last_ = &spec;
    return name_;
  }

 private:
  std::string start_;
  const TrialSpec* last_ = nullptr;
  std::string name_;
};

}  // namespace

Result<SweepToRun> load_sweep(storage::ResultReader& reader, storage::ResultWriter& writer, SweepId id) {
  MER_ASSIGN(const auto detail, reader.sweep(id));
  MER_ASSIGN(const auto sweep, sweep_from_resolved(detail.resolved_json));
  SweepToRun loaded;
  loaded.id = id;
  loaded.priority = detail.summary.priority;
  loaded.active = detail.summary.activity == storage::SweepActivity::active;
  loaded.max_attempts = sweep.max_attempts;
  loaded.resources = sweep.resources;
  loaded.record_representations = sweep.record_representations;
  for (const auto& corpus : detail.corpora) loaded.corpora[corpus.id] = corpus.path;
  for (const auto& configuration : detail.configurations) {
    std::string& name = loaded.names[configuration.id];
    for (const auto& [key, value] : configuration.differing) name += (name.empty() ? "" : " ") + key + "=" + value;
  }
  MER_ASSIGN(loaded.trials, writer.progress(id));
  return loaded;
}

Result<std::vector<SweepToRun>> sweeps_to_run(storage::ResultReader& reader, storage::ResultWriter& writer,
                                              SweepId named) {
  MER_ASSIGN(SweepToRun first, load_sweep(reader, writer, named));
  const int gang = first.resources.gpus_per_trial;
  std::vector<SweepToRun> sweeps;
  sweeps.push_back(std::move(first));
  MER_ASSIGN(const auto summaries, reader.sweeps());
  for (const auto& summary : summaries) {
    const bool has_work = summary.counts.pending + summary.counts.running > 0;
    if (summary.id == named || !has_work || summary.activity != storage::SweepActivity::active) continue;
    MER_ASSIGN(SweepToRun sweep, load_sweep(reader, writer, summary.id));
    if (sweep.resources.gpus_per_trial == gang) sweeps.push_back(std::move(sweep));
  }
  std::ranges::sort(sweeps, {}, &SweepToRun::id);
  return sweeps;
}

ScheduledSweep scheduled(const SweepToRun& sweep) {
  ScheduledSweep result{sweep.id, sweep.priority, sweep.active, sweep.max_attempts, std::max(1, sweep.resources.stack),
                        {}};
  result.trials.reserve(sweep.trials.size());
  ShapeNames shapes(sweep);
  for (const auto& trial : sweep.trials) {
    result.trials.push_back({trial.spec.id, shapes.of(trial.spec), trial.state, trial.attempt, trial.crashes});
  }
  return result;
}

}  // namespace mer::orchestrator
