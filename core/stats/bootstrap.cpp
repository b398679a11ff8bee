#include "core/stats/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/check.hpp"
#include "core/philox.hpp"

namespace mer::stats {
namespace {

ConfusionMatrix sum_of(std::span<const ConfusionMatrix> matrices) {
  ConfusionMatrix sum(matrices.front().classes);
  for (const ConfusionMatrix& matrix : matrices) sum += matrix;
  return sum;
}

// How often each dialogue is drawn.
std::vector<std::int64_t> counts_of_draw(std::uint64_t seed, int draw, std::size_t dialogues) {
  const auto key = philox_key(seed, RandomPurpose::bootstrap);
  std::vector<std::int64_t> counts(dialogues, 0);
  for (std::size_t position = 0; position < dialogues; ++position) {
    const PhiloxBlock random = philox4x32({std::uint32_t(draw), std::uint32_t(position), 0, 0}, key);
    ++counts[(std::uint64_t{random[0]} * dialogues) >> 32];
  }
  return counts;
}

ConfusionMatrix weighted_sum(std::span<const ConfusionMatrix> matrices, const std::vector<std::int64_t>& counts) {
  ConfusionMatrix sum(matrices.front().classes);
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    if (counts[i] == 0) continue;
    for (std::size_t cell = 0; cell < sum.counts.size(); ++cell)
      sum.counts[cell] += counts[i] * matrices[i].counts[cell];
  }
  return sum;
}

// Linear between the order statistics, as numpy's percentile.
double percentile(const std::vector<double>& sorted, double share) {
  const double place = share * double(sorted.size() - 1);
  const auto below = std::size_t(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - double(below)) * (sorted[above] - sorted[below]);
}

Interval interval_of(std::vector<double> values, double level) {
  std::ranges::sort(values);
  return {percentile(values, (1 - level) / 2), percentile(values, (1 + level) / 2)};
}

}  // namespace

std::optional<Interval> bootstrap_interval(std::span<const ConfusionMatrix> dialogues, const Score& score,
                                           const BootstrapOptions& options) {
  if (dialogues.size() < 2) return std::nullopt;
  std::vector<double> scores;
  for (int draw = 0; draw < options.draws; ++draw) {
    scores.push_back(score(weighted_sum(dialogues, counts_of_draw(options.seed, draw, dialogues.size()))));
  }
  return interval_of(std::move(scores), options.level);
}

std::optional<PairedBootstrap> paired_bootstrap(std::span<const ConfusionMatrix> first,
                                                std::span<const ConfusionMatrix> second, const Score& score,
                                                const BootstrapOptions& options) {
  MER_CHECK(first.size() == second.size(), "two systems classified the same dialogues");
  if (first.size() < 2) return std::nullopt;
  PairedBootstrap result;
  result.difference = score(sum_of(first)) - score(sum_of(second));
  std::vector<double> differences;
  for (int draw = 0; draw < options.draws; ++draw) {
    const std::vector<std::int64_t> counts = counts_of_draw(options.seed, draw, first.size());
    differences.push_back(score(weighted_sum(first, counts)) - score(weighted_sum(second, counts)));
  }
  const auto low = std::ranges::count_if(differences, [](double d) { return d <= 0; });
  const auto high = std::ranges::count_if(differences, [](double d) { return d >= 0; });
  result.p = std::min(1.0, 2 * double(std::min(low, high) + 1) / double(options.draws + 1));
  result.interval = interval_of(std::move(differences), options.level);
  return result;
}

}  // namespace mer::stats
