// Utterance tests: a sweep's configurations over the test utterances of all folds together, from stored predictions.
//
// Of each configuration WA, UA and macro-F1 with a 95 % interval by bootstrap of whole dialogues; against a baseline,
// on the same utterances, the difference of each, its interval and p by the paired bootstrap, and McNemar's exact test
// of WA; p-values with Holm's correction over the rows. With several seeds a draw's score is the mean over them, each
// paired with the baseline's of the same seed, and McNemar's test is refused: its counts would not be independent.
// Where something makes no sense, it says why instead. Threads: pure functions over the reader. Errors: those of the
// reader; not_found: no such baseline.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/stats/paired_tests.hpp"
#include "core/stats/summary.hpp"
#include "storage/tables.hpp"

namespace mer::storage {

inline constexpr std::array kUtteranceMetrics = {Metric::wa, Metric::ua, Metric::macro_f1};

struct UtteranceScore {
  double value = 0;  // of all utterances together, mean over seeds
  stats::Interval interval = {};
};
struct UtteranceDifference {
  double value = 0;  // from the baseline
  stats::Interval interval = {};
  double p = 1, p_holm = 1;
};
struct UtteranceRow {
  std::size_t configuration = 0;  // position in SweepDetail::configurations
  std::string why = {};           // there are no scores
  std::string why_no_test = {};   // there are no differences; empty too where nothing was to be tested
  std::size_t utterances = 0, dialogues = 0;
  std::vector<UtteranceScore> scores = {};            // as kUtteranceMetrics; empty: `why`
  std::vector<UtteranceDifference> differences = {};  // as kUtteranceMetrics; empty: `why_no_test`, or no baseline
  stats::TestOutcome mcnemar = {};                    // where there are differences
  std::optional<double> mcnemar_holm = {};
};
struct UtteranceTests {
  std::optional<std::size_t> baseline = {};
  std::vector<UtteranceRow> rows = {};  // every configuration, in order
};
// baseline: as find_configuration()'s; empty: scores only. `metric` is the one that the best epoch is best by.
Result<UtteranceTests> utterance_tests(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                                       const std::string& baseline = "");

std::string utterance_caption(const UtteranceTests& tests, const std::vector<std::string>& labels);
std::vector<std::string> utterance_notes(const UtteranceTests& tests, const std::vector<std::string>& labels);

// For reading: the scores; where there is a baseline, the differences after them.
Result<std::vector<Table>> utterance_summaries(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                                               const std::string& baseline);
// Every number in a column of its own.
Result<Table> utterance_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                              const std::string& baseline);

}  // namespace mer::storage
