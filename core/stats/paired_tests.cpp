#include "core/stats/paired_tests.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/stats/distributions.hpp"
#include "core/stats/summary.hpp"

namespace mer::stats {
namespace {

// Twice the mean ranks of |differences| that are not 0, so that shared ranks are whole numbers.
struct SignedRanks {
  std::vector<std::int64_t> doubled;
  std::int64_t doubled_positive = 0;  // sum of those of positive differences

  std::int64_t doubled_total() const { return std::accumulate(doubled.begin(), doubled.end(), std::int64_t{0}); }
};

SignedRanks signed_ranks(std::span<const double> differences) {
  std::vector<double> kept;
  std::ranges::copy_if(differences, std::back_inserter(kept), [](double d) { return d != 0; });
  std::ranges::sort(kept, {}, [](double d) { return std::abs(d); });
  SignedRanks ranks;
  for (std::size_t begin = 0, end = 0; begin < kept.size(); begin = end) {
    while (end < kept.size() && std::abs(kept[end]) == std::abs(kept[begin])) ++end;
    const auto doubled = std::int64_t(begin + 1 + end);  // ranks begin+1 .. end
    for (std::size_t i = begin; i < end; ++i) {
      ranks.doubled.push_back(doubled);
      if (kept[i] > 0) ranks.doubled_positive += doubled;
    }
  }
  return ranks;
}

// How many of the 2^n choices of signs have each sum of the positive (doubled) ranks, as shares of all.
std::vector<double> sum_distribution(const SignedRanks& ranks) {
  std::vector<double> share(std::size_t(ranks.doubled_total()) + 1, 0.0);
  share[0] = 1;
  std::size_t reach = 0;
  for (const std::int64_t rank : ranks.doubled) {
    reach += std::size_t(rank);
    for (std::size_t sum = reach + 1; sum-- > 0;) {
      share[sum] = 0.5 * (share[sum] + (sum >= std::size_t(rank) ? share[sum - std::size_t(rank)] : 0.0));
    }
  }
  return share;
}

TestOutcome without(const std::string& why) {
  TestOutcome outcome;
  outcome.smallest_p = 1;
  outcome.why = why;
  return outcome;
}

}  // namespace

TestOutcome wilcoxon_signed_rank(std::span<const double> differences) {
  if (differences.size() < 2) return without("one pair is no sample");
  const SignedRanks ranks = signed_ranks(differences);
  if (ranks.doubled.empty()) return without("all differences are 0");
  const std::vector<double> share = sum_distribution(ranks);
  const auto at = std::size_t(ranks.doubled_positive);
  const double below = std::accumulate(share.begin(), share.begin() + std::ptrdiff_t(at) + 1, 0.0);
  const double above = std::accumulate(share.begin() + std::ptrdiff_t(at), share.end(), 0.0);
  TestOutcome outcome;
  outcome.p = std::min(1.0, 2 * std::min(below, above));
  outcome.statistic = double(ranks.doubled_positive) / 2;
  outcome.n = std::int64_t(ranks.doubled.size());
  outcome.smallest_p = std::min(1.0, 2 * share[0]);
  return outcome;
}

TestOutcome corrected_resampled_t(std::span<const double> differences, double test_share) {
  const std::optional<double> sd = sd_of(differences);
  if (!sd) return without("one pair is no sample");
  const double mean = mean_of(differences);
  if (*sd == 0)
    return without(mean == 0 ? "all differences are 0" : "all differences are the same: no variance to compare with");
  const auto n = double(differences.size());
  TestOutcome outcome;
  outcome.statistic = mean / (*sd * std::sqrt(1 / n + test_share));
  outcome.p = student_two_sided(outcome.statistic, n - 1);
  outcome.n = std::int64_t(differences.size());
  return outcome;
}

TestOutcome mcnemar(std::int64_t only_first_right, std::int64_t only_second_right) {
  const std::int64_t n = only_first_right + only_second_right;
  if (n == 0) return without("both are right on the same utterances");
  TestOutcome outcome;
  const std::int64_t fewer = std::min(only_first_right, only_second_right);
  outcome.statistic = double(fewer);
  outcome.p = std::min(1.0, 2 * fair_binomial_cdf(fewer, n));
  outcome.n = n;
  outcome.smallest_p = std::min(1.0, 2 * fair_binomial_cdf(0, n));
  return outcome;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> corrected(p.size());
  double highest = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    highest = std::max(highest, std::min(1.0, double(p.size() - k) * p[order[k]]));
    corrected[order[k]] = highest;
  }
  return corrected;
}

std::optional<double> cohens_dz(std::span<const double> differences) {
  const std::optional<double> sd = sd_of(differences);
  if (!sd || *sd == 0) return std::nullopt;
  return mean_of(differences) / *sd;
}

std::optional<double> rank_biserial(std::span<const double> differences) {
  const SignedRanks ranks = signed_ranks(differences);
  if (ranks.doubled.empty()) return std::nullopt;
  const std::int64_t total = ranks.doubled_total();
  return double(2 * ranks.doubled_positive - total) / double(total);
}

}  // namespace mer::stats
