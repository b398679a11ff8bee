// list, status, results, export: commands that only read a store.
#include <cstdio>
#include <string>

#include "cli/commands.hpp"
#include "cli/dashboard_text.hpp"
#include "cli/nodes_text.hpp"
#include "cli/output.hpp"
#include "cli/slurm_jobs.hpp"
#include "cli/status_text.hpp"
#include "cli/store_access.hpp"
#include "cli/workers_text.hpp"
#include "core/json.hpp"
#include "core/json_text.hpp"
#include "storage/configurations.hpp"
#include "storage/results_text.hpp"
#include "storage/tables.hpp"
#include "web/api.hpp"

namespace mer::cli {
namespace {

using storage::ResultReader;

struct Selection {
  SweepId sweep;
  SelectionRule rule = SelectionRule::last;
  Metric metric = Metric::macro_f1;
};

// A rule that finds nothing in any fold would make a table of dashes.
Status check_rule(const storage::SweepDetail& sweep, SelectionRule rule) {
  if (rule != SelectionRule::best_validation || storage::has_validation_part(sweep)) return {};
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

Status print_text(const Context& context, std::string text, Format format) {
  if (format == Format::json) {
    if (text.ends_with('\n')) text.pop_back();
    return print_json(context, text);
  }
  std::fputs(text.c_str(), stdout);
  return {};
}

Status print_table(const Context& context, const storage::Table& table, Format format) {
  const storage::TextStyle style{.colour = context.colour};
  return print_text(context, storage::format_table(table, table_format_of(format), style), format);
}

// Jobs of Slurm, excluded nodes, workers, and where the dashboard is.
Status print_surroundings(const Context& context) {
  std::fputs(jobs_text(context.store).c_str(), stdout);
  MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::open(context.store));
  const std::string nodes = nodes_text(storage::excluded_nodes(store));
  if (!nodes.empty()) std::printf("\n%s", nodes.c_str());
  const std::string workers = running_workers_text(store);
  if (!workers.empty()) std::printf("\n%s", workers.c_str());
  const std::string dashboard = running_dashboard_text(store);
  if (!dashboard.empty()) std::printf("\n%s", dashboard.c_str());
  return {};
}

}  // namespace

ExitCode list_command(const Context& context) {
  return status_command(context, {});
}

ExitCode status_command(const Context& context, const StatusOptions& options) {
  if (!plain_format(context, "status")) return ExitCode::usage;
  return with_store(context, [&](ResultReader& reader) -> Status {
    MER_ASSIGN(const StatusText status, status_text(reader, options, context.format));
    if (context.format == Format::json) return print_json(context, status.text);
    std::fputs(status.text.c_str(), stdout);
    if (status.empty) std::fputs(none_text(options).c_str(), stderr);
    if (context.format == Format::table) MER_TRY(print_surroundings(context));
    return {};
  });
}

ExitCode results_command(const Context& context, const ResultsOptions& options) {
  return with_store(context, [&](ResultReader& reader) -> Status {
    MER_ASSIGN(const Selection chosen, selection_of(reader, options));
    if (context.format == Format::quiet) return {};
    if (context.format == Format::json && options.baseline.empty() && !options.utterances && !options.audit) {
      return print_json(context,
                        web::results_json(reader, chosen.sweep, {.rule = chosen.rule, .metric = chosen.metric}));
    }
    const storage::ResultsChoice choice{chosen.sweep,
                                        chosen.rule,
                                        chosen.metric,
                                        options.baseline,
                                        options.audit,
                                        options.utterances,
                                        options.intervals ? storage::Beside::interval : storage::Beside::sd};
    const storage::TextStyle style{.colour = context.colour};
    MER_ASSIGN(const std::string text, results_text(reader, choice, table_format_of(context.format), style));
    return print_text(context, text, context.format);
  });
}

namespace {

// The resolved sweep as it was submitted: a sweep file that `merctl run` takes.
ExitCode export_resolved(const Context& context, const std::string& sweep) {
  if (!plain_format(context, "export --table resolved")) return ExitCode::usage;
  return with_store(context, [&](ResultReader& reader) -> Status {
    MER_ASSIGN(const SweepId id, reader.find_sweep(sweep));
    MER_ASSIGN(const storage::SweepDetail detail, reader.sweep(id));
    MER_ASSIGN(const nlohmann::json resolved, parse_json_text(detail.resolved_json, "resolved sweep"));
    return print_json(context, resolved.dump(2));
  });
}

}  // namespace

ExitCode export_command(const Context& context, const ResultsOptions& options) {
  if (options.table == "resolved") return export_resolved(context, options.sweep);
  return with_store(context, [&](ResultReader& reader) -> Status {
    MER_ASSIGN(const Selection chosen, selection_of(reader, options));
    MER_ASSIGN(const storage::Table table, table_named(reader, chosen, options.table));
    return print_table(context, table, context.format == Format::table ? Format::csv : context.format);
  });
}

}  // namespace mer::cli
