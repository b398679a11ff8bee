// Tables: what `merctl results` and `merctl export` print, from any ResultReader, and its writers.
//
// Values are fractions in files (CSV, Markdown, LaTeX, JSON) and percent in the plain text for a screen.
// Threads: pure functions over the reader. Errors: those of the reader.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/records.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

// In the order of columns.
inline constexpr std::array kEveryMetric = {Metric::wa, Metric::ua, Metric::macro_f1, Metric::weighted_f1};

// A test's p-value under it is marked.
inline constexpr double kTestLevel = 0.05;

// A score in [0, 1]: the text table shows it as percent, everything else as it is.
struct Fraction {
  double value = 0;
  bool operator==(const Fraction&) const = default;
};
// Mean and sd of scores.
struct Spread {
  std::optional<double> mean = {}, sd = {};
  std::optional<double> half_width = {};  // of the mean's interval: shown in place of the sd
  std::optional<double> difference = {};  // ours less this, a published one
  bool best = false;                      // of its column: bold
  bool marked = false;                    // a test found a difference from the baseline: *
  bool operator==(const Spread&) const = default;
};
// A number and its interval, of scores or of differences between them.
struct Estimate {
  double value = 0, low = 0, high = 0;
  bool difference = false;  // its sign stands always
  bool marked = false;      // a test found it: *
  bool operator==(const Estimate&) const = default;
};
// "11/12": how many of the folds (or seeds) that a mean needs are there; red where some are missing.
struct Share {
  int n = 0, expected = 0;
  bool whole() const { return n == expected; }
  bool operator==(const Share&) const = default;
};
// Nothing, a word, a count, a measured number, a score, several scores in one, one with its interval, how complete they
// are.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double, Fraction, Spread, Estimate, Share>;

struct Table {
  std::string caption;  // one or two sentences; empty: none
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;       // each as long as columns
  std::vector<std::vector<Cell>> published;  // rows from the literature, set apart in every format
  std::vector<std::string> notes;            // a sentence each; not in CSV
};

enum class TableFormat { text, csv, markdown, latex, json };

// What stands beside a mean: its sd, or half of its 95 % interval by Student's t. none: there are no means.
enum class Beside { none, sd, interval };

// The results table in long form: configuration, the keys that differ, selection, metric, mean, sd, n, expected_n;
// with Beside::interval, low and high; where numbers are published, difference (ours less theirs) and source.
// For reading: results_summary.hpp.
Result<Table> results_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                            Beside beside = Beside::sd);
// One row for each trial, with its scores under the rule.
Result<Table> trials_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric);
// One row for each epoch and split of each trial's curve: scores, losses, the confusion matrix, and precision.L,
// recall.L and f1.L of each label L.
Result<Table> metrics_table(ResultReader& reader, SweepId sweep);
// One row for each utterance of each done trial's test part. Error not_found: the store has no test parts.
Result<Table> predictions_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric);

// "best-test by macro_f1 (oracle)": the mark stands wherever a number under best-test does.
std::string selection_text(SelectionRule rule, Metric metric);
std::string oracle_mark(SelectionRule rule);  // " (oracle)" or nothing

// "sd with divisor n-1 over 12 folds of scheme ...": what a reader must know to trust the numbers.
std::string results_caption(const SweepDetail& detail, SelectionRule rule, Metric metric, Beside beside = Beside::sd);

// Of TableFormat::text.
struct TextStyle {
  int columns = 80;     // that it fits where the cells allow it
  bool colour = false;  // ANSI sequences for bold and red
};

// CSV as RFC 4180; cells that a spreadsheet would take for a formula get a ' in front. LaTeX says which packages it
// needs: booktabs, and xcolor where something is red.
std::string format_table(const Table& table, TableFormat format, TextStyle style = {});

}  // namespace mer::storage
