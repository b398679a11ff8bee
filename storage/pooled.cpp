#include "storage/pooled.hpp"

#include <map>
#include <set>
#include <utility>

#include "core/stats/summary.hpp"

namespace mer::storage {
namespace {

// Adds the trial to its seed's matrix; false: it has no result under the rule.
Result<bool> add_trial(ResultReader& reader, const TrialRow& trial, SelectionRule rule, Metric metric,
                       std::map<std::uint64_t, ConfusionMatrix>& by_seed) {
  if (trial.state != TrialState::done) return false;
  const Result<Selected> selected = reader.selected(trial.id, rule, metric);
  if (!selected && selected.error().code == ErrorCode::not_found) return false;
  if (!selected) return selected.error();
  const auto [matrix, first] = by_seed.try_emplace(trial.seed, selected->confusion);
  if (!first) matrix->second += selected->confusion;
  return true;
}

}  // namespace

std::optional<double> PooledConfiguration::score(Metric metric) const {
  if (by_seed.empty()) return std::nullopt;
  std::vector<double> scores;
  for (const ConfusionMatrix& matrix : by_seed) scores.push_back(value_of(scores_of(matrix), metric));
  return stats::mean_of(scores);
}

Result<std::vector<PooledConfiguration>> pooled_results(ResultReader& reader, const SweepDetail& sweep,
                                                        const std::vector<TrialRow>& trials, SelectionRule rule,
                                                        Metric metric) {
  std::vector<std::map<std::uint64_t, ConfusionMatrix>> sums(sweep.configurations.size());
  std::set<int> incomplete;
  for (const TrialRow& trial : trials) {
    if (incomplete.contains(trial.configuration)) continue;
    MER_ASSIGN(const bool added, add_trial(reader, trial, rule, metric, sums[std::size_t(trial.configuration)]));
    if (!added) incomplete.insert(trial.configuration);
  }
  std::vector<PooledConfiguration> pooled(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (incomplete.contains(int(i))) continue;
    for (auto& [seed, matrix] : sums[i]) pooled[i].by_seed.push_back(std::move(matrix));
  }
  return pooled;
}

}  // namespace mer::storage
