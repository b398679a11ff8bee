// list, status, results, export: commands that only read a store.
#include <algorithm>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "storage/tables.hpp"
#include "web/api.hpp"

namespace mer::cli {
namespace {

using storage::ResultReader;

struct StateColumn {
  const char* name;
  std::int64_t storage::StateCounts::*count;
  bool always;  // others show where a sweep has such trials
};
constexpr StateColumn kStateColumns[] = {
    {"done", &storage::StateCounts::done, true},          {"running", &storage::StateCounts::running, true},
    {"pending", &storage::StateCounts::pending, true},    {"failed", &storage::StateCounts::failed, false},
    {"diverged", &storage::StateCounts::diverged, false}, {"cancelled", &storage::StateCounts::cancelled, false}};

void print_sweeps(const std::vector<storage::SweepSummary>& sweeps) {
  if (sweeps.empty()) {
    std::fputs("no sweeps yet; start one with `merctl run SWEEP.json`\n", stderr);
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"sweep", "name", "submitted"}};
  for (const storage::SweepSummary& sweep : sweeps) {
    rows.push_back({std::to_string(sweep.id.number), sweep.name, time_text(sweep.submitted_at)});
  }
  for (const StateColumn& column : kStateColumns) {
    const auto has_some = [&](const storage::SweepSummary& sweep) { return sweep.counts.*column.count > 0; };
    if (!column.always && std::none_of(sweeps.begin(), sweeps.end(), has_some)) continue;
    rows[0].push_back(column.name);
    for (std::size_t i = 0; i < sweeps.size(); ++i) {
      rows[i + 1].push_back(std::to_string(sweeps[i].counts.*column.count));
    }
  }
  print_columns(rows);
}

std::string short_id(const TrialId& id) {
  return id.hex.substr(0, 8);
}

Status print_unfinished(ResultReader& reader, SweepId id) {
  MER_ASSIGN(const storage::SweepDetail detail, reader.sweep(id));
  MER_ASSIGN(const auto trials, reader.trials(id));
  std::vector<std::vector<std::string>> rows = {{"trial", "fold", "seed", "state", "attempt", "epoch", "why"}};
  for (const storage::TrialRow& trial : trials) {
    if (trial.state == TrialState::done || trial.state == TrialState::pending) continue;
    rows.push_back({short_id(trial.id), detail.folds[std::size_t(trial.fold)].name, std::to_string(trial.seed),
                    name_of(trial.state), std::to_string(trial.attempt),
                    std::to_string(trial.epoch) + "/" + std::to_string(trial.epochs), trial.message});
  }
  if (rows.size() == 1) return {};
  std::printf("\n");
  print_columns(rows);
  return {};
}

struct Selection {
  SweepId sweep;
  SelectionRule rule = SelectionRule::last;
  Metric metric = Metric::macro_f1;
};

// A rule that finds nothing in any fold would make a table of dashes.
Status check_rule(const storage::SweepDetail& sweep, SelectionRule rule) {
  if (rule != SelectionRule::best_validation) return {};
  const auto has_validation = [](const storage::FoldRecord& fold) { return fold.validation > 0; };
  if (std::any_of(sweep.folds.begin(), sweep.folds.end(), has_validation)) return {};
  return invalid("--select best-validation: no fold of the sweep \"" + sweep.summary.name +
                 "\" has a validation part to choose an epoch by; use --select last, or run the sweep with "
                 "folds.validation other than \"none\"");
}

// The command line already checked the words.
Result<Selection> selection_of(ResultReader& reader, const ResultsOptions& options) {
  MER_ASSIGN(const SweepId sweep, reader.find_sweep(options.sweep));
  MER_ASSIGN(const storage::SweepDetail detail, reader.sweep(sweep));
  const SelectionRule rule = selection_rule_from(options.select).value_or(detail.select.epoch);
  MER_TRY(check_rule(detail, rule));
  return Selection{sweep, rule, metric_from(options.metric).value_or(detail.select.metric)};
}

storage::TableFormat table_format_of(Format format) {
  switch (format) {
    case Format::csv: return storage::TableFormat::csv;
    case Format::latex: return storage::TableFormat::latex;
    case Format::markdown: return storage::TableFormat::markdown;
    case Format::json: return storage::TableFormat::json;
    case Format::table:
    case Format::quiet: return storage::TableFormat::text;
  }
  return storage::TableFormat::text;
}

Result<storage::Table> table_named(ResultReader& reader, const Selection& chosen, const std::string& name) {
  if (name == "trials") return storage::trials_table(reader, chosen.sweep, chosen.rule, chosen.metric);
  if (name == "metrics") return storage::metrics_table(reader, chosen.sweep);
  if (name == "predictions") return storage::predictions_table(reader, chosen.sweep, chosen.rule, chosen.metric);
  return storage::results_table(reader, chosen.sweep, chosen.rule, chosen.metric);
}

void print_table(const storage::Table& table, Format format) {
  std::fputs(storage::format_table(table, table_format_of(format)).c_str(), stdout);
}

}  // namespace

ExitCode list_command(const Context& context) {
  return status_command(context, "");
}

ExitCode status_command(const Context& context, const std::string& sweep) {
  if (!plain_format(context, "status")) return ExitCode::usage;
  return with_store(context, [&](ResultReader& reader) -> Status {
    if (sweep.empty()) {
      if (context.format == Format::json) return print_json(web::sweeps_json(reader));
      MER_ASSIGN(const auto sweeps, reader.sweeps());
      if (context.format == Format::table) print_sweeps(sweeps);
      for (const auto& summary : sweeps) {
        if (context.format == Format::quiet) std::printf("%lld\n", static_cast<long long>(summary.id.number));
      }
      return {};
    }
    MER_ASSIGN(const SweepId id, reader.find_sweep(sweep));
    if (context.format == Format::json) return print_json(web::sweep_json(reader, id));
    MER_ASSIGN(std::vector<storage::SweepSummary> sweeps, reader.sweeps());
    std::erase_if(sweeps, [&](const storage::SweepSummary& sweep) { return sweep.id != id; });
    const storage::StateCounts& counts = sweeps.at(0).counts;
    if (context.format == Format::quiet) {
      std::printf("%lld/%lld\n", static_cast<long long>(counts.done), static_cast<long long>(counts.total()));
      return {};
    }
    print_sweeps(sweeps);
    return counts.done + counts.pending == counts.total() ? Status() : print_unfinished(reader, id);
  });
}

ExitCode results_command(const Context& context, const ResultsOptions& options) {
  return with_store(context, [&](ResultReader& reader) -> Status {
    MER_ASSIGN(const Selection chosen, selection_of(reader, options));
    if (context.format == Format::quiet) return {};
    if (context.format == Format::json) {
      return print_json(web::results_json(reader, chosen.sweep, chosen.rule, chosen.metric));
    }
    const bool for_reading = context.format != Format::csv;
    MER_ASSIGN(const storage::Table table,
               for_reading ? storage::results_summary(reader, chosen.sweep, chosen.rule, chosen.metric)
                           : storage::results_table(reader, chosen.sweep, chosen.rule, chosen.metric));
    print_table(table, context.format);
    return {};
  });
}

ExitCode export_command(const Context& context, const ResultsOptions& options) {
  return with_store(context, [&](ResultReader& reader) -> Status {
    MER_ASSIGN(const Selection chosen, selection_of(reader, options));
    MER_ASSIGN(const storage::Table table, table_named(reader, chosen, options.table));
    print_table(table, context.format == Format::table ? Format::csv : context.format);
    return {};
  });
}

}  // namespace mer::cli
