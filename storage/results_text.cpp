#include "storage/results_text.hpp"

#include <utility>
#include <vector>

#include "storage/audit.hpp"
#include "storage/comparison.hpp"
#include "storage/results_summary.hpp"
#include "storage/utterance_tests.hpp"

namespace mer::storage {
namespace {

Result<Table> table_for_programs(ResultReader& reader, const ResultsChoice& choice) {
  const auto& [sweep, rule, metric, baseline, audit, utterances, beside] = choice;
  if (audit) return audit_table(reader, sweep, metric);
  if (utterances) return utterance_table(reader, sweep, rule, metric, baseline);
  if (baseline.empty()) return results_table(reader, sweep, rule, metric, beside);
  return comparison_table(reader, sweep, rule, metric, baseline);
}

// The differences after the results.
Result<std::vector<Table>> tables_for_readers(ResultReader& reader, const ResultsChoice& choice) {
  const auto& [sweep, rule, metric, baseline, audit, utterances, beside] = choice;
  if (utterances && !audit) return utterance_summaries(reader, sweep, rule, metric, baseline);
  std::vector<Table> tables(1);
  if (audit) {
    MER_ASSIGN(tables[0], audit_table(reader, sweep, metric));
    return tables;
  }
  MER_ASSIGN(tables[0], results_summary(reader, sweep, rule, metric, baseline, beside));
  if (baseline.empty()) return tables;
  MER_ASSIGN(Table comparison, comparison_summary(reader, sweep, rule, metric, baseline));
  tables.push_back(std::move(comparison));
  return tables;
}

}  // namespace

Result<std::string> results_text(ResultReader& reader, const ResultsChoice& choice, TableFormat format,
                                 TextStyle style) {
  if (format == TableFormat::csv || format == TableFormat::json) {
    MER_ASSIGN(const Table table, table_for_programs(reader, choice));
    return format_table(table, format, style);
  }
  MER_ASSIGN(const std::vector<Table> tables, tables_for_readers(reader, choice));
  std::string text;
  for (const Table& table : tables) text += (text.empty() ? "" : "\n") + format_table(table, format, style);
  return text;
}

}  // namespace mer::storage
