#include "storage/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "core/stats/summary.hpp"
#include "storage/configurations.hpp"
#include "storage/table_cells.hpp"
#include "storage/tables.hpp"

namespace mer::storage {
namespace {

double mean_test_share(const SweepDetail& detail) {
  std::vector<double> shares;
  for (const FoldRecord& fold : detail.folds) {
    if (fold.train > 0) shares.push_back(double(fold.test) / double(fold.train));
  }
  return shares.empty() ? 0 : stats::mean_of(shares);
}

std::string why_not(const Aggregate& own, const Aggregate& baseline, bool same_folds) {
  if (own.over_seeds || baseline.over_seeds) return "one fold: seeds are no samples of the corpus";
  if (!same_folds) return "it has other folds than the baseline";
  if (!own.mean) return "some of its trials have no result";
  if (!baseline.mean) return "some of the baseline's trials have no result";
  return "";
}

void add_tests(ComparedConfiguration& row, const Aggregate& own, const Aggregate& baseline, double test_share) {
  for (std::size_t i = 0; i < own.points.size(); ++i) {
    row.scores.push_back(*own.points[i]);
    row.differences.push_back(*own.points[i] - *baseline.points[i]);
  }
  row.wilcoxon = stats::wilcoxon_signed_rank(row.differences);
  row.corrected_t = stats::corrected_resampled_t(row.differences, test_share);
}

// Over the rows that have a p-value.
void correct(std::vector<ComparedConfiguration>& rows, stats::TestOutcome ComparedConfiguration::*test,
             std::optional<double> ComparedConfiguration::*corrected) {
  std::vector<double> p;
  for (const ComparedConfiguration& row : rows) {
    if ((row.*test).p) p.push_back(*(row.*test).p);
  }
  const std::vector<double> holm = stats::holm(p);
  std::size_t next = 0;
  for (ComparedConfiguration& row : rows) {
    if ((row.*test).p) row.*corrected = holm[next++];
  }
}

Cell effect_cell(const std::optional<double>& value) {
  if (!value) return Cell();
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", *value);
  return std::string(text);
}

std::vector<Cell> cells_of(const ComparedConfiguration& row, const std::string& label) {
  if (row.differences.empty()) return {label, Cell(), Cell(), Cell(), Cell(), Cell()};
  return {label,
          Spread{stats::mean_of(row.differences), stats::sd_of(row.differences)},
          p_cell(row.wilcoxon_holm),
          p_cell(row.corrected_t_holm),
          effect_cell(stats::cohens_dz(row.differences)),
          effect_cell(stats::rank_biserial(row.differences))};
}

std::vector<Cell> file_cells_of(const ComparedConfiguration& row, const ConfigurationRow& configuration) {
  std::vector<Cell> cells = {configuration.id.hex};
  if (!row.differences.empty()) {
    cells.insert(cells.end(),
                 {stats::mean_of(row.differences), number_cell(stats::sd_of(row.differences)),
                  std::int64_t(row.differences.size()), row.wilcoxon.statistic, number_cell(row.wilcoxon.p),
                  number_cell(row.wilcoxon_holm), row.wilcoxon.smallest_p, row.corrected_t.statistic,
                  number_cell(row.corrected_t.p), number_cell(row.corrected_t_holm),
                  number_cell(stats::cohens_dz(row.differences)), number_cell(stats::rank_biserial(row.differences))});
  }
  cells.resize(13);
  cells.emplace_back(row.why);
  return cells;
}

}  // namespace

std::vector<std::string> comparison_notes(const Comparison& comparison, const std::vector<std::string>& labels) {
  std::vector<std::string> notes;
  const auto add = [&](std::string note) {
    if (std::ranges::find(notes, note) == notes.end()) notes.push_back(std::move(note));
  };
  for (const ComparedConfiguration& row : comparison.rows) {
    const std::string& label = labels[row.configuration];
    if (!row.why.empty()) add(label + ": no test: " + row.why + ".");
    if (row.differences.empty()) continue;
    for (const stats::TestOutcome* test : {&row.wilcoxon, &row.corrected_t}) {
      if (!test->p) add(label + ": no test: " + test->why + ".");
    }
    if (row.wilcoxon.p && !row.wilcoxon.can_reach(kTestLevel)) {
      add("Wilcoxon's test on " + std::to_string(row.wilcoxon.n) + " folds cannot reach 0.05: its smallest p is " +
          p_text(row.wilcoxon.smallest_p) + ".");
    }
  }
  return notes;
}

std::string comparison_caption(const SweepDetail& sweep, const Comparison& comparison, SelectionRule rule,
                               Metric metric, const std::vector<std::string>& labels) {
  char share[16];
  std::snprintf(share, sizeof share, "%.3f", comparison.test_share);
  return results_caption(sweep, rule, metric, Beside::none) + " Difference in " + name_of(metric) + " from " +
         labels[comparison.baseline] +
         ", fold by fold; p of Wilcoxon's exact signed-rank test and of the corrected resampled t-test (test/train " +
         share +
         "), two-sided, with Holm's correction over the rows; * under 0.05; d: mean/sd of the differences; r: " +
         "rank-biserial.";
}

Result<Comparison> compare(ResultReader& reader, const SweepDetail& sweep, SelectionRule rule, Metric metric,
                           const std::string& baseline) {
  Comparison comparison;
  MER_ASSIGN(comparison.baseline, find_configuration(sweep, baseline));
  comparison.test_share = mean_test_share(sweep);
  MER_ASSIGN(const std::vector<ResultRow> results, reader.results(sweep.summary.id, rule, metric));
  const Aggregate& base = aggregate_for(results[comparison.baseline], metric);
  comparison.folds = results[comparison.baseline].folds;
  if (base.mean && !base.over_seeds) {
    for (const std::optional<double>& point : base.points) comparison.scores.push_back(*point);
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i == comparison.baseline) continue;
    const Aggregate& own = aggregate_for(results[i], metric);
    ComparedConfiguration row{.configuration = i, .why = why_not(own, base, results[i].folds == comparison.folds)};
    if (row.why.empty()) add_tests(row, own, base, comparison.test_share);
    comparison.rows.push_back(std::move(row));
  }
  correct(comparison.rows, &ComparedConfiguration::wilcoxon, &ComparedConfiguration::wilcoxon_holm);
  correct(comparison.rows, &ComparedConfiguration::corrected_t, &ComparedConfiguration::corrected_t_holm);
  return comparison;
}

Result<Table> comparison_summary(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                                 const std::string& baseline) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(const Comparison comparison, compare(reader, detail, rule, metric, baseline));
  const std::vector<std::string> labels = configuration_labels(detail);
  Table table;
  table.caption = comparison_caption(detail, comparison, rule, metric, labels);
  table.columns = {"configuration", "difference", "p Wilcoxon", "p corrected t", "d", "r"};
  for (const ComparedConfiguration& row : comparison.rows) {
    table.rows.push_back(cells_of(row, labels[row.configuration]));
  }
  table.notes = comparison_notes(comparison, labels);
  return table;
}

Result<Table> comparison_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                               const std::string& baseline) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(const Comparison comparison, compare(reader, detail, rule, metric, baseline));
  Table table;
  table.columns = {
      "configuration",       "difference", "sd",  "n",        "wilcoxon_w", "wilcoxon_p",    "wilcoxon_p_holm",
      "wilcoxon_smallest_p", "t",          "t_p", "t_p_holm", "cohens_dz",  "rank_biserial", "why_not"};
  for (const ComparedConfiguration& row : comparison.rows) {
    table.rows.push_back(file_cells_of(row, detail.configurations[row.configuration]));
  }
  return table;
}

}  // namespace mer::storage
