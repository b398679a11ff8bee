#include "storage/results_summary.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "storage/aggregate.hpp"
#include "storage/comparison.hpp"
#include "storage/configurations.hpp"
#include "storage/missing.hpp"
#include "storage/published.hpp"

namespace mer::storage {
namespace {

using Row = std::vector<Cell>;

constexpr std::size_t kFirstScore = 1;  // its column

std::size_t column_of(Metric metric) {
  return kFirstScore + std::size_t(std::ranges::find(kEveryMetric, metric) - kEveryMetric.begin());
}

Cell spread_cell(const Aggregate& aggregate, Beside beside) {
  if (!aggregate.mean) return {};
  Spread spread{aggregate.mean, aggregate.sd};
  if (beside == Beside::interval) {
    if (const auto interval = interval_of(aggregate)) spread.half_width = (interval->high - interval->low) / 2;
  }
  return spread;
}

Row row_of(const ResultRow& result, std::string label, Metric metric, Beside beside) {
  Row row = {std::move(label)};
  for (const Metric shown : kEveryMetric) row.push_back(spread_cell(aggregate_for(result, shown), beside));
  const Aggregate& chosen = aggregate_for(result, metric);
  row.emplace_back(Share{chosen.n, chosen.expected_n});
  return row;
}

Spread* spread_in(Row& row, std::size_t column) {
  return std::get_if<Spread>(&row[column]);
}

// Equal ones are all the best.
void mark_best(std::vector<Row>& rows, const std::vector<ResultRow>& results, Metric metric) {
  const std::optional<double> best = best_mean(results, metric);
  for (Row& row : rows) {
    Spread* const spread = spread_in(row, column_of(metric));
    if (spread != nullptr) spread->best = spread->mean == best;
  }
}

// What one source of the literature has under one label stands in one row.
std::vector<Row> published_rows(const std::vector<Published>& published, const std::vector<std::string>& labels,
                                const std::vector<ResultRow>& results) {
  std::vector<Row> rows;
  const std::vector<std::string> sources = sources_of(published);
  for (const Published& number : published) {
    const std::string label = cited(number, sources);
    auto row = std::ranges::find_if(rows, [&](const Row& known) { return std::get<std::string>(known[0]) == label; });
    if (row == rows.end()) {
      rows.push_back({label});
      row = rows.end() - 1;
      row->resize(kFirstScore + kEveryMetric.size() + 1);
    }
    (*row)[column_of(number.metric)] =
        Spread{.mean = number.value, .difference = difference_from(number, labels, results)};
  }
  return rows;
}

// Whether it found any.
bool mark_differences(std::vector<Row>& rows, std::size_t column, const Comparison& comparison) {
  bool any = false;
  for (const ComparedConfiguration& compared : comparison.rows) {
    Spread* const spread = spread_in(rows[compared.configuration], column);
    if (spread == nullptr || !compared.corrected_t_holm || *compared.corrected_t_holm >= kTestLevel) continue;
    spread->marked = any = true;
  }
  return any;
}

}  // namespace

Result<Table> results_summary(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric,
                              const std::string& baseline, Beside beside) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(const std::vector<ResultRow> results, reader.results(sweep, rule, metric));
  const std::vector<std::string> labels = configuration_labels(detail);
  Table table;
  table.caption = results_caption(detail, rule, metric, beside);
  table.columns = {"configuration", "WA", "UA", "macro-F1", "weighted F1", "n"};
  for (const ResultRow& result : results) {
    table.rows.push_back(row_of(result, labels[std::size_t(result.configuration)] + oracle_mark(rule), metric, beside));
  }
  for (const Metric shown : kEveryMetric) mark_best(table.rows, results, shown);
  table.published = published_rows(detail.published, labels, results);
  MER_ASSIGN(const std::vector<TrialRow> trials, reader.trials(sweep));
  table.notes = notes_on_missing(trials, detail, labels);
  if (std::ranges::any_of(detail.published,
                          [&](const Published& one) { return configuration_of(one, labels).has_value(); })) {
    table.notes.emplace_back("In brackets: ours less the published number.");
  }
  const std::vector<std::string> sources = sources_of(detail.published);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    table.notes.push_back('[' + std::to_string(i + 1) + "] " + sources[i] + '.');
  }
  if (detail.summary.reused > 0) {
    table.notes.push_back(std::to_string(detail.summary.reused) + " of " +
                          std::to_string(detail.summary.counts.total()) +
                          " trials had their results in the store when this sweep was submitted.");
  }
  if (baseline.empty()) return table;
  MER_ASSIGN(const Comparison comparison, compare(reader, detail, rule, metric, baseline));
  if (mark_differences(table.rows, column_of(metric), comparison)) {
    table.notes.push_back(std::string("* ") + name_of(metric) + " differs from that of " + labels[comparison.baseline] +
                          ": corrected resampled t-test, p < 0.05 after Holm's correction over the rows.");
  }
  return table;
}

}  // namespace mer::storage
