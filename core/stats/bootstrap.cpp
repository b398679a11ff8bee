#include "core/stats/bootstrap.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "core/check.hpp"
#include "core/philox.hpp"

namespace mer::stats {
namespace {

using Drawn = std::vector<std::uint32_t>;  // dialogues

// With replacement, as many as there are.
Drawn drawn_dialogues(std::uint64_t seed, int draw, std::size_t dialogues) {
  const auto key = philox_key(seed, RandomPurpose::bootstrap);
  Drawn drawn(dialogues);
  PhiloxBlock random = {};
  for (std::size_t position = 0; position < dialogues; ++position) {
    if (position % 4 == 0) random = philox4x32({std::uint32_t(draw), std::uint32_t(position / 4), 0, 0}, key);
    drawn[position] = std::uint32_t((std::uint64_t{random[position % 4]} * dialogues) >> 32);
  }
  return drawn;
}

// A run's matrices one after the other: a draw reads them in any order.
class PackedRun {
 public:
  explicit PackedRun(const DialogueMatrices& matrices) : classes_(matrices.front().classes) {
    for (const ConfusionMatrix& matrix : matrices) {
      counts_.insert(counts_.end(), matrix.counts.begin(), matrix.counts.end());
    }
  }

  ConfusionMatrix sum_of(const Drawn& drawn) const {
    ConfusionMatrix sum(classes_);
    const std::size_t cells = sum.counts.size();
    for (const std::uint32_t dialogue : drawn) {
      const std::int64_t* const counts = &counts_[dialogue * cells];
      for (std::size_t cell = 0; cell < cells; ++cell) sum.counts[cell] += counts[cell];
    }
    return sum;
  }

 private:
  int classes_;
  std::vector<std::int64_t> counts_;
};

std::vector<PackedRun> packed(std::span<const DialogueMatrices> runs) {
  return {runs.begin(), runs.end()};
}

Scores mean_scores(const std::vector<PackedRun>& runs, const Drawn& drawn) {
  Scores mean;
  const double share = 1 / double(runs.size());
  for (const PackedRun& run : runs) {
    const Scores scores = scores_of(run.sum_of(drawn));
    mean.wa += share * scores.wa;
    mean.ua += share * scores.ua;
    mean.macro_f1 += share * scores.macro_f1;
    mean.weighted_f1 += share * scores.weighted_f1;
  }
  return mean;
}

void check(std::span<const DialogueMatrices> runs) {
  MER_CHECK(!runs.empty() && !runs.front().empty(), "there is a run with a dialogue");
  for (const DialogueMatrices& run : runs) {
    MER_CHECK(run.size() == runs.front().size(), "all runs have the same dialogues");
  }
}

// Linear between the order statistics, as numpy's percentile.
double percentile(const std::vector<double>& sorted, double share) {
  const double place = share * double(sorted.size() - 1);
  const auto below = std::size_t(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - double(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Scores pooled_scores(std::span<const DialogueMatrices> runs) {
  check(runs);
  Drawn each(runs.front().size());
  std::iota(each.begin(), each.end(), 0U);
  return mean_scores(packed(runs), each);
}

std::vector<Scores> bootstrap_scores(std::span<const DialogueMatrices> runs, const BootstrapOptions& options) {
  check(runs);
  const std::vector<PackedRun> all = packed(runs);
  std::vector<Scores> draws;
  for (int draw = 0; draw < options.draws; ++draw) {
    draws.push_back(mean_scores(all, drawn_dialogues(options.seed, draw, runs.front().size())));
  }
  return draws;
}

Interval percentile_interval(std::vector<double> draws, double level) {
  MER_CHECK(!draws.empty(), "an interval is of draws");
  std::ranges::sort(draws);
  return {percentile(draws, (1 - level) / 2), percentile(draws, (1 + level) / 2)};
}

double bootstrap_p(std::span<const double> differences) {
  const auto low = std::ranges::count_if(differences, [](double d) { return d <= 0; });
  const auto high = std::ranges::count_if(differences, [](double d) { return d >= 0; });
  return std::min(1.0, 2 * double(std::min(low, high) + 1) / double(differences.size() + 1));
}

}  // namespace mer::stats
