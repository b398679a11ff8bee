#include "storage/audit.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

#include "storage/configurations.hpp"
#include "storage/pooled.hpp"
#include "storage/table_cells.hpp"

namespace mer::storage {
namespace {

std::vector<SelectionRule> rules_of(const SweepDetail& sweep) {
  std::vector<SelectionRule> rules = {SelectionRule::last};
  if (has_validation_part(sweep)) rules.push_back(SelectionRule::best_validation);
  rules.push_back(SelectionRule::best_test);
  return rules;
}

AuditedScore score_of(const ResultRow& result, const PooledConfiguration& pooled, Metric metric) {
  return {aggregate_for(result, metric).mean, pooled.score(metric)};
}

AuditedRow row_of(const ResultRow& result, const PooledConfiguration& pooled, SelectionRule rule, Metric metric) {
  const Aggregate& chosen = aggregate_for(result, metric);
  return {rule, score_of(result, pooled, Metric::wa), score_of(result, pooled, Metric::ua),
          score_of(result, pooled, Metric::macro_f1), Share{chosen.n, chosen.expected_n}};
}

const char* epoch_text(SelectionRule rule) {
  switch (rule) {
    case SelectionRule::last: return "last";
    case SelectionRule::best_validation: return "validation";
    case SelectionRule::best_test: return "oracle";
  }
  return "";
}

// "+9.1 points", "0.0 points"; empty where either is missing.
std::string points_text(const std::optional<double>& from, const std::optional<double>& to) {
  if (!from || !to) return "";
  const double points = 100 * (*to - *from);
  char text[32];
  std::snprintf(text, sizeof text, std::abs(points) < 0.05 ? "0.0 points" : "%+.1f points", points);
  return text;
}

const AuditedRow* row_of(const AuditedConfiguration& configuration, SelectionRule rule) {
  const auto found = std::ranges::find(configuration.rows, rule, &AuditedRow::rule);
  return found == configuration.rows.end() ? nullptr : &*found;
}

}  // namespace

std::string audit_note(const AuditedConfiguration& configuration, const std::string& label) {
  const AuditedRow& last = *row_of(configuration, SelectionRule::last);
  std::string note;
  const auto add = [&](const std::string& points, const std::string& what) {
    if (!points.empty()) note += (note.empty() ? label + ": " : "; ") + what + ' ' + points;
  };
  const auto add_rule = [&](SelectionRule rule, const std::string& what) {
    const AuditedRow* const other = row_of(configuration, rule);
    if (other != nullptr) add(points_text(last.macro_f1.mean, other->macro_f1.mean), what);
  };
  add_rule(SelectionRule::best_validation, "macro-F1 of the best validation epoch instead of the last:");
  add_rule(SelectionRule::best_test, "macro-F1 of the oracle instead of the last epoch:");
  add(points_text(last.macro_f1.mean, last.macro_f1.pooled), "macro-F1 of all folds together instead of by fold:");
  add(points_text(last.ua.mean, last.wa.mean), "WA instead of UA:");
  return note.empty() ? note : note + ".";
}

std::string audit_caption(const SweepDetail& sweep, Metric metric) {
  return sweep.summary.name + ": what the protocol does to the same trials' scores. Epoch: the last, or the best " +
         name_of(metric) +
         " on the validation part or on the test part itself (oracle: not a result). WA, UA, F1: mean of the folds' "
         "(F1: macro); all: of all folds' utterances together, per seed.";
}

Result<std::vector<AuditedConfiguration>> audit(ResultReader& reader, SweepId sweep, Metric metric,
                                                const Configurations& only) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  std::vector<AuditedConfiguration> all;
  for (const SelectionRule rule : rules_of(detail)) {
    MER_ASSIGN(const std::vector<ResultRow> results, reader.results(sweep, rule, metric, only));
    MER_ASSIGN(const std::vector<PooledConfiguration> pooled, pooled_results(reader, detail, rule, metric, only));
    all.resize(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      all[i].configuration = std::size_t(results[i].configuration);
      all[i].rows.push_back(row_of(results[i], pooled[all[i].configuration], rule, metric));
    }
  }
  return all;
}

Result<Table> audit_table(ResultReader& reader, SweepId sweep, Metric metric) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(const std::vector<AuditedConfiguration> all, audit(reader, sweep, metric));
  const std::vector<std::string> labels = configuration_labels(detail);
  Table table;
  table.caption = audit_caption(detail, metric);
  table.columns = {"configuration", "epoch", "WA", "WA all", "UA", "UA all", "F1", "F1 all", "n"};
  for (const AuditedConfiguration& configuration : all) {
    const std::string& label = labels[configuration.configuration];
    for (const AuditedRow& row : configuration.rows) {
      table.rows.push_back({label, std::string(epoch_text(row.rule)), fraction_cell(row.wa.mean),
                            fraction_cell(row.wa.pooled), fraction_cell(row.ua.mean), fraction_cell(row.ua.pooled),
                            fraction_cell(row.macro_f1.mean), fraction_cell(row.macro_f1.pooled), row.complete});
    }
    std::string note = audit_note(configuration, label);
    if (!note.empty()) table.notes.push_back(std::move(note));
  }
  return table;
}

}  // namespace mer::storage
