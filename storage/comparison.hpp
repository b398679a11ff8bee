// Comparison: every configuration of a sweep against a chosen baseline, over the folds that both have.
//
// Per fold the mean over seeds; then the differences' mean and sd, Wilcoxon's exact signed-rank test, the corrected
// resampled t-test (core/stats/paired_tests.hpp), both with Holm's correction over the rows, and effect sizes. Where a
// test makes no sense, or could not reach 0.05 whatever comes out, it says so. Threads: pure functions over the reader.
// Errors: those of the reader; not_found: no such baseline.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/stats/paired_tests.hpp"
#include "storage/tables.hpp"

namespace mer::storage {

struct ComparedConfiguration {
  std::size_t configuration = 0;         // position in SweepDetail::configurations
  std::vector<double> scores = {};       // by fold, as the baseline's; empty: `why` says why
  std::vector<double> differences = {};  // by fold, from the baseline; empty: `why` says why
  std::string why = {};
  stats::TestOutcome wilcoxon = {}, corrected_t = {};
  std::optional<double> wilcoxon_holm = {}, corrected_t_holm = {};  // p-values after the correction
};

struct Comparison {
  std::size_t baseline = 0;
  std::vector<int> folds = {};      // of the baseline: positions in SweepDetail::folds
  std::vector<double> scores = {};  // of the baseline, by fold; empty: not complete, or over seeds
  double test_share = 0;            // utterances of a test part over those of its training part, mean over folds
  std::vector<ComparedConfiguration> rows;  // all but the baseline, in order
};
Result<Comparison> compare(ResultReader& reader, const SweepDetail& sweep, SelectionRule rule, Metric metric,
                           const std::string& baseline);

// What a reader must know of the numbers, and of the rows that have none.
std::string comparison_caption(const SweepDetail& sweep, const Comparison& comparison, SelectionRule rule,
                               Metric metric, const std::vector<std::string>& labels);
std::vector<std::string> comparison_notes(const Comparison& comparison, const std::vector<std::string>& labels);

// For reading.
Result<Table> comparison_summary(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                                 const std::string& baseline);
// Every number in a column of its own, before the correction and after it.
Result<Table> comparison_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                               const std::string& baseline);

}  // namespace mer::storage
