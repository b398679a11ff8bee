#include "storage/pooled.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/stats/summary.hpp"

namespace mer::storage {
namespace {

void add(std::map<std::uint64_t, ConfusionMatrix>& by_seed, std::uint64_t seed, const ConfusionMatrix& confusion) {
  const auto [matrix, first] = by_seed.try_emplace(seed, confusion);
  if (!first) matrix->second += confusion;
}

void add(std::vector<PooledFold>& by_fold, const TrialConfusion& trial) {
  auto found = std::ranges::find(by_fold, trial.fold, &PooledFold::fold);
  if (found == by_fold.end()) {
    by_fold.push_back({trial.fold, trial.confusion});
    found = by_fold.end() - 1;
  } else {
    found->confusion += trial.confusion;
  }
  found->trials.push_back(trial.trial);
}

}  // namespace

std::optional<double> PooledConfiguration::score(Metric metric) const {
  if (missing > 0 || by_seed.empty()) return std::nullopt;
  std::vector<double> scores;
  for (const ConfusionMatrix& matrix : by_seed) scores.push_back(value_of(scores_of(matrix), metric));
  return stats::mean_of(scores);
}

Result<std::vector<PooledConfiguration>> pooled_results(ResultReader& reader, const SweepDetail& sweep,
                                                        SelectionRule rule, Metric metric, const Configurations& only) {
  MER_ASSIGN(const std::vector<TrialRow> trials, reader.trials(sweep.summary.id, only));
  MER_ASSIGN(const std::vector<TrialConfusion> confusions, reader.confusions(sweep.summary.id, rule, metric, only));
  std::vector<PooledConfiguration> pooled(sweep.configurations.size());
  std::vector<std::map<std::uint64_t, ConfusionMatrix>> by_seed(pooled.size());
  for (const TrialRow& trial : trials) ++pooled[std::size_t(trial.configuration)].trials;
  for (const TrialConfusion& trial : confusions) {
    add(by_seed[std::size_t(trial.configuration)], trial.seed, trial.confusion);
    add(pooled[std::size_t(trial.configuration)].by_fold, trial);
  }
  for (std::size_t i = 0; i < pooled.size(); ++i) {
    pooled[i].missing = pooled[i].trials;
    for (const PooledFold& fold : pooled[i].by_fold) pooled[i].missing -= int(fold.trials.size());
    for (auto& [seed, matrix] : by_seed[i]) pooled[i].by_seed.push_back(std::move(matrix));
  }
  return pooled;
}

}  // namespace mer::storage
