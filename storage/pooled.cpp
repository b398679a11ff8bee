#include "storage/pooled.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/stats/summary.hpp"

namespace mer::storage {
namespace {

// nullopt: it has none under the rule.
Result<std::optional<ConfusionMatrix>> confusion_of(ResultReader& reader, const TrialRow& trial, SelectionRule rule,
                                                    Metric metric) {
  if (trial.state != TrialState::done) return std::optional<ConfusionMatrix>();
  Result<Selected> selected = reader.selected(trial.id, rule, metric);
  if (selected) return std::optional(std::move(selected->confusion));
  if (selected.error().code == ErrorCode::not_found) return std::optional<ConfusionMatrix>();
  return selected.error();
}

void add(std::map<std::uint64_t, ConfusionMatrix>& by_seed, std::uint64_t seed, const ConfusionMatrix& confusion) {
  const auto [matrix, first] = by_seed.try_emplace(seed, confusion);
  if (!first) matrix->second += confusion;
}

void add(std::vector<PooledFold>& by_fold, const TrialRow& trial, const ConfusionMatrix& confusion) {
  auto found = std::ranges::find(by_fold, trial.fold, &PooledFold::fold);
  if (found == by_fold.end()) {
    by_fold.push_back({trial.fold, confusion});
    found = by_fold.end() - 1;
  } else {
    found->confusion += confusion;
  }
  found->trials.push_back(trial.id);
}

}  // namespace

std::optional<double> PooledConfiguration::score(Metric metric) const {
  if (missing > 0 || by_seed.empty()) return std::nullopt;
  std::vector<double> scores;
  for (const ConfusionMatrix& matrix : by_seed) scores.push_back(value_of(scores_of(matrix), metric));
  return stats::mean_of(scores);
}

Result<std::vector<PooledConfiguration>> pooled_results(ResultReader& reader, const SweepDetail& sweep,
                                                        const std::vector<TrialRow>& trials, SelectionRule rule,
                                                        Metric metric) {
  std::vector<PooledConfiguration> pooled(sweep.configurations.size());
  std::vector<std::map<std::uint64_t, ConfusionMatrix>> by_seed(pooled.size());
  for (const TrialRow& trial : trials) {
    const auto configuration = std::size_t(trial.configuration);
    MER_ASSIGN(const std::optional<ConfusionMatrix> confusion, confusion_of(reader, trial, rule, metric));
    ++pooled[configuration].trials;
    if (confusion) {
      add(by_seed[configuration], trial.seed, *confusion);
      add(pooled[configuration].by_fold, trial, *confusion);
    } else {
      ++pooled[configuration].missing;
    }
  }
  for (std::size_t i = 0; i < pooled.size(); ++i) {
    for (auto& [seed, matrix] : by_seed[i]) pooled[i].by_seed.push_back(std::move(matrix));
  }
  return pooled;
}

}  // namespace mer::storage
