// What utterance tests look like in tables.
#include <algorithm>
#include <utility>

#include "storage/configurations.hpp"
#include "storage/table_cells.hpp"
#include "storage/utterance_tests.hpp"

namespace mer::storage {
namespace {

constexpr std::array kShown = {"WA", "UA", "macro-F1"};  // as kUtteranceMetrics

Cell estimate_of(double value, const stats::Interval& interval) {
  return Estimate{.value = value, .low = interval.low, .high = interval.high};
}

Cell difference_cell(const UtteranceDifference& difference) {
  return Estimate{difference.value, difference.interval.low, difference.interval.high, true,
                  difference.p_holm < kTestLevel};
}

Table scores_of_all(const UtteranceTests& tests, const std::vector<std::string>& labels) {
  Table table;
  table.columns = {"configuration", kShown[0], kShown[1], kShown[2]};
  for (const UtteranceRow& row : tests.rows) {
    Row cells = {labels[row.configuration]};
    for (const UtteranceScore& score : row.scores) cells.push_back(estimate_of(score.value, score.interval));
    cells.resize(table.columns.size());
    table.rows.push_back(std::move(cells));
  }
  return table;
}

// A row for each score: McNemar's test is of WA.
void append_differences(Table& table, const UtteranceRow& row, const std::string& label) {
  for (std::size_t i = 0; i < row.differences.size(); ++i) {
    const bool with_mcnemar = i == 0 && row.mcnemar_holm;
    table.rows.push_back({label, std::string(kShown[i]), difference_cell(row.differences[i]),
                          p_cell(row.differences[i].p_holm), with_mcnemar ? p_cell(row.mcnemar_holm) : Cell()});
  }
}

std::string sizes_text(const UtteranceTests& tests) {
  for (const UtteranceRow& row : tests.rows) {
    if (row.utterances == 0) continue;
    return std::to_string(row.utterances) + " test utterances of all folds together";
  }
  return "test utterances of all folds together";
}

std::vector<Cell> file_cells(const UtteranceRow& row, std::size_t i) {
  std::vector<Cell> cells(10);
  if (!row.scores.empty()) {
    const UtteranceScore& score = row.scores[i];
    cells[0] = Fraction{score.value};
    cells[1] = Fraction{score.interval.low};
    cells[2] = Fraction{score.interval.high};
  }
  if (!row.differences.empty()) {
    const UtteranceDifference& difference = row.differences[i];
    cells[3] = difference.value;
    cells[4] = difference.interval.low;
    cells[5] = difference.interval.high;
    cells[6] = difference.p;
    cells[7] = difference.p_holm;
  }
  if (i == 0) {
    cells[8] = number_cell(row.mcnemar.p);
    cells[9] = number_cell(row.mcnemar_holm);
  }
  return cells;
}

}  // namespace

std::string utterance_caption(const UtteranceTests& tests, const std::vector<std::string>& labels) {
  const std::string drawn = "95 % intervals by bootstrap of whole dialogues, 2,000 draws";
  if (!tests.baseline) return sizes_text(tests) + "; " + drawn + ".";
  return "Difference from " + labels[*tests.baseline] + " on the same " + sizes_text(tests) + "; " + drawn +
         "; p of the paired bootstrap and of McNemar's exact test, with Holm's correction over the rows; * under 0.05.";
}

std::vector<std::string> utterance_notes(const UtteranceTests& tests, const std::vector<std::string>& labels) {
  std::vector<std::string> notes;
  const auto add = [&](const UtteranceRow& row, const char* what, const std::string& why) {
    if (!why.empty()) notes.push_back(labels[row.configuration] + ": " + what + why + ".");
  };
  for (const UtteranceRow& row : tests.rows) {
    add(row, "no interval: ", row.why);
    if (row.why.empty()) add(row, "no test: ", row.why_no_test);
    if (!row.differences.empty()) add(row, "no McNemar test: ", row.mcnemar.why);
  }
  if (tests.baseline && tests.rows.size() == 1) notes.emplace_back("One configuration: there is none to test.");
  return notes;
}

Result<std::vector<Table>> utterance_summaries(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                                               const std::string& baseline) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(UtteranceTests tests, utterance_tests(reader, sweep, rule, metric, baseline));
  const std::vector<std::string> labels = configuration_labels(detail);
  std::vector<Table> tables = {scores_of_all(tests, labels)};
  if (tests.baseline) {
    Table& differences = tables.emplace_back();
    differences.caption = utterance_caption(tests, labels);
    differences.columns = {"configuration", "score", "difference", "p bootstrap", "p McNemar"};
    for (const UtteranceRow& row : tests.rows) append_differences(differences, row, labels[row.configuration]);
  }
  tables.back().notes = utterance_notes(tests, labels);
  tests.baseline.reset();
  tables.front().caption = results_caption(detail, rule, metric, Beside::none) + ' ' + utterance_caption(tests, labels);
  return tables;
}

Result<Table> utterance_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                              const std::string& baseline) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(const UtteranceTests tests, utterance_tests(reader, sweep, rule, metric, baseline));
  Table table;
  table.columns = {"configuration",  "selection",      "metric",          "value",  "low",    "high",
                   "difference",     "difference_low", "difference_high", "p",      "p_holm", "mcnemar_p",
                   "mcnemar_p_holm", "utterances",     "dialogues",       "why_not"};
  for (const UtteranceRow& row : tests.rows) {
    for (std::size_t i = 0; i < kUtteranceMetrics.size(); ++i) {
      Row cells = {detail.configurations[row.configuration].id.hex, selection_text(rule, metric),
                   std::string(name_of(kUtteranceMetrics[i]))};
      std::ranges::move(file_cells(row, i), std::back_inserter(cells));
      cells.emplace_back(std::int64_t(row.utterances));
      cells.emplace_back(std::int64_t(row.dialogues));
      cells.emplace_back(row.why.empty() ? row.why_no_test : row.why);
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

}  // namespace mer::storage
