// list, status, show, results, export: commands that only read a store.
#include <cstdio>
#include <utility>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "core/scores.hpp"
#include "storage/tables.hpp"
#include "web/api.hpp"

namespace mer::cli {
namespace {

using storage::ResultReader;

Status print_json(Result<std::string> text) {
  if (!text) return text.error();
  std::printf("%s\n", text->c_str());
  return {};
}

std::vector<std::string> count_cells(const storage::StateCounts& counts) {
  std::vector<std::string> cells;
  for (std::int64_t count :
       {counts.done, counts.running, counts.pending, counts.failed, counts.diverged, counts.cancelled}) {
    cells.push_back(std::to_string(count));
  }
  return cells;
}

void print_sweeps(const std::vector<storage::SweepSummary>& sweeps) {
  if (sweeps.empty()) {
    std::fputs("no sweeps yet; start one with `merctl run SWEEP.json`\n", stderr);
    return;
  }
  std::vector<std::vector<std::string>> rows = {
      {"sweep", "name", "submitted", "done", "running", "pending", "failed", "diverged", "cancelled"}};
  for (const storage::SweepSummary& sweep : sweeps) {
    std::vector<std::string> row = {std::to_string(sweep.id.number), sweep.name, time_text(sweep.submitted_at)};
    for (std::string& cell : count_cells(sweep.counts)) row.push_back(std::move(cell));
    rows.push_back(std::move(row));
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

void print_attempts(const std::vector<storage::AttemptRow>& attempts) {
  std::vector<std::vector<std::string>> rows = {
      {"attempt", "outcome", "worker", "host", "started", "from epoch", "why"}};
  for (const storage::AttemptRow& attempt : attempts) {
    rows.push_back({std::to_string(attempt.attempt), attempt.outcome, std::to_string(attempt.worker), attempt.host,
                    time_text(attempt.started_at), std::to_string(attempt.resumed_epoch),
                    attempt.failure ? attempt.failure->message : ""});
  }
  if (rows.size() > 1) {
    std::printf("\n");
    print_columns(rows);
  }
}

void print_selected(const std::vector<Selected>& selected) {
  std::vector<std::vector<std::string>> rows = {
      {"epoch chosen by", "metric", "epoch", "WA", "UA", "macro-F1", "weighted F1"}};
  for (const Selected& choice : selected) {
    const Scores scores = scores_of(choice.confusion);
    rows.push_back({name_of(choice.rule), choice.rule == SelectionRule::last ? "" : name_of(choice.metric),
                    std::to_string(choice.epoch), percent(scores.wa), percent(scores.ua), percent(scores.macro_f1),
                    percent(scores.weighted_f1)});
  }
  std::printf("\nTest part, percent:\n");
  print_columns(rows);
}

void print_trial(const storage::TrialDetail& detail) {
  std::vector<std::vector<std::string>> facts = {
      {"trial", detail.spec.id.hex},
      {"state", std::string(name_of(detail.row.state)) + (detail.row.message.empty() ? "" : ": " + detail.row.message)},
      {"fold", detail.spec.fold_name + "  " + detail.spec.fold.hex},
      {"seed", std::to_string(detail.spec.seed)},
      {"epoch", std::to_string(detail.row.epoch) + "/" + std::to_string(detail.row.epochs)},
      {"configuration", detail.spec.configuration.hex},
      {"corpus", detail.spec.corpus.hex}};
  if (detail.result) {
    facts.push_back({"weights SHA-256", detail.result->weights_sha256});
    facts.push_back({"parameters", std::to_string(detail.result->parameters)});
  }
  for (const auto& fact : facts) std::printf("%-16s %s\n", fact[0].c_str(), fact[1].c_str());
  print_attempts(detail.attempts);
  if (detail.result) print_selected(detail.result->selected);
}

struct Selection {
  SweepId sweep;
  SelectionRule rule = SelectionRule::last;
  Metric metric = Metric::macro_f1;
};

// The command line already checked the words.
Result<Selection> selection_of(ResultReader& reader, const ResultsOptions& options) {
  MER_ASSIGN(const SweepId sweep, reader.find_sweep(options.sweep));
  MER_ASSIGN(const storage::SweepDetail detail, reader.sweep(sweep));
  return Selection{sweep, selection_rule_from(options.select).value_or(detail.select.epoch),
                   metric_from(options.metric).value_or(detail.select.metric)};
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
    MER_ASSIGN(const storage::SweepDetail detail, reader.sweep(id));
    if (context.format == Format::quiet) {
      std::printf("%lld/%lld\n", static_cast<long long>(detail.summary.counts.done),
                  static_cast<long long>(detail.summary.counts.total()));
      return {};
    }
    print_sweeps({detail.summary});
    return print_unfinished(reader, id);
  });
}

ExitCode show_command(const Context& context, const std::string& trial) {
  if (!plain_format(context, "show")) return ExitCode::usage;
  return with_store(context, [&](ResultReader& reader) -> Status {
    MER_ASSIGN(const TrialId id, reader.find_trial(trial));
    if (context.format == Format::json) return print_json(web::trial_json(reader, id));
    MER_ASSIGN(const storage::TrialDetail detail, reader.trial(id));
    if (context.format == Format::quiet) {
      std::printf("%s\n", name_of(detail.row.state));
    } else {
      print_trial(detail);
    }
    return {};
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
