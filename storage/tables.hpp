// Tables: what `merctl results` and `merctl export` print, from any ResultReader, and its writers.
//
// Values are fractions in files (CSV, Markdown, LaTeX, JSON) and percent in the plain text for a screen.
// Threads: pure functions over the reader. Errors: those of the reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/records.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

// A score in [0, 1]: the text table shows it as percent, everything else as it is.
struct Fraction {
  double value = 0;
  bool operator==(const Fraction&) const = default;
};
// Mean and sd of scores.
struct Spread {
  std::optional<double> mean, sd;
  bool operator==(const Spread&) const = default;
};
// Nothing, a word, a count, a measured number, a score, several scores in one.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double, Fraction, Spread>;

struct Table {
  std::string caption;  // one or two sentences; empty: none
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;       // each as long as columns
  std::vector<std::vector<Cell>> published;  // rows from the literature, set apart in every format
  std::vector<std::string> notes;            // a sentence each; not in CSV
};

enum class TableFormat { text, csv, markdown, latex, json };

// The results table in long form: configuration, the keys that differ, selection, metric, mean, sd, n, expected_n.
Result<Table> results_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric);
// The same numbers for reading: one row for each configuration, a Spread for each score, and n/expected_n.
Result<Table> results_summary(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric);
// One row for each trial, with its scores under the rule.
Result<Table> trials_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric);
// One row for each epoch and split of each trial's curve: scores, losses, the confusion matrix, and precision.L,
// recall.L and f1.L of each label L.
Result<Table> metrics_table(ResultReader& reader, SweepId sweep);
// One row for each utterance of each done trial's test part. Error not_found: the store has no test parts.
Result<Table> predictions_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric);

// "best-test by macro_f1 (oracle)": the mark stands wherever a number under best-test does.
std::string selection_text(SelectionRule rule, Metric metric);

// "sd with divisor n-1 over 12 folds of scheme ...": what a reader must know to trust the numbers.
std::string results_caption(const SweepDetail& detail, SelectionRule rule, Metric metric);

// CSV as RFC 4180; cells that a spreadsheet would take for a formula get a ' in front. LaTeX needs booktabs. Text fits
// `columns` characters where the cells allow it.
std::string format_table(const Table& table, TableFormat format, int columns = 80);

}  // namespace mer::storage
