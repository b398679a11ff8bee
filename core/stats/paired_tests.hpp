// Paired tests of a configuration against a baseline, over the same folds or the same utterances. All two-sided.
//
// A test that makes no sense for what it is given, or that no outcome of it could ever reach a level, says so instead
// of a p-value that looks like one. Threads: pure functions. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mer::stats {

struct TestOutcome {
  std::optional<double> p;  // nullopt: `why` says why there is none
  double statistic = 0;     // the test's own: W+, t, ...
  std::int64_t n = 0;       // pairs that it counts
  double smallest_p = 0;    // that any outcome with these pairs could have
  std::string why = {};

  bool can_reach(double level) const { return p.has_value() && smallest_p <= level; }
};

// Wilcoxon's signed-rank test, exact: over all signs of the ranks, ties share their mean rank, zeros are left out
// (Wilcoxon's own treatment). statistic: W+, the ranks' sum of the positive differences.
TestOutcome wilcoxon_signed_rank(std::span<const double> differences);

// The corrected resampled t-test (Nadeau and Bengio 2003, eq. 9): the variance of the mean is sd^2 (1/n + test_share),
// test_share = utterances of the test part over those of the training part, because folds share training data.
TestOutcome corrected_resampled_t(std::span<const double> differences, double test_share);

// McNemar's test, exact: of the utterances on which exactly one of the two is right. statistic: the smaller count.
TestOutcome mcnemar(std::int64_t only_first_right, std::int64_t only_second_right);

// Holm's step-down correction of the p-values of one family; each at least its own, at most 1, in the given order.
std::vector<double> holm(std::span<const double> p);

// --- effect sizes of paired differences; nullopt where they are not defined ---
std::optional<double> cohens_dz(std::span<const double> differences);      // mean / sd
std::optional<double> rank_biserial(std::span<const double> differences);  // (W+ - W-) / (W+ + W-), in [-1, 1]

}  // namespace mer::stats
