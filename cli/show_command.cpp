// show: everything the store knows of one trial, but its curve.
#include <cstdio>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/provenance.hpp"
#include "cli/store_access.hpp"
#include "core/json.hpp"
#include "core/scores.hpp"
#include "storage/tables.hpp"
#include "web/api.hpp"

namespace mer::cli {
namespace {

using storage::AttemptRow;
using storage::ResultReader;
using storage::TrialDetail;

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

std::string mebibytes_text(std::int64_t bytes) {
  return std::to_string((bytes + (1 << 19)) >> 20) + " MiB";
}

using Sweeps = std::vector<storage::SweepDetail>;

// Each with who submitted it: its code need not be that of the attempts.
void print_sweeps(const Sweeps& sweeps) {
  for (const storage::SweepDetail& sweep : sweeps) {
    print_fact(
        "sweep " + std::to_string(sweep.summary.id.number),
        sweep.summary.name + ", submitted " + time_text(sweep.summary.submitted_at) + " by code " + sweep.code_version);
  }
}

void print_data(const TrialSpec& spec, const Sweeps& sweeps) {
  print_fact("fold", spec.fold.hex + " " + spec.fold_name);
  print_fact("corpus", spec.corpus.hex);
  std::string last;
  for (const storage::SweepDetail& sweep : sweeps) {
    for (const storage::CorpusRecord& corpus : sweep.corpora) {
      if (corpus.id != spec.corpus || corpus.path == last) continue;
      print_fact("  " + corpus.name, corpus.path);
      last = corpus.path;
    }
  }
}

void print_annotation(const storage::Annotation& annotation) {
  if (!annotation.tags.empty()) print_fact("tags", storage::line_of(annotation.tags));
  std::istringstream lines(annotation.note);
  const char* name = "note";
  for (std::string line; std::getline(lines, line); name = "") print_fact(name, line);
}

void print_identity(const TrialDetail& detail, const Sweeps& sweeps) {
  const TrialSpec& spec = detail.spec;
  const storage::TrialRow& row = detail.row;
  print_fact("trial", spec.id.hex);
  print_sweeps(sweeps);
  print_fact("state", std::string(name_of(row.state)) + (row.message.empty() ? "" : ": " + row.message));
  print_annotation(row.annotation);
  print_fact("epoch", std::to_string(row.epoch) + "/" + std::to_string(row.epochs));
  print_fact("configuration", spec.configuration.hex);
  print_data(spec, sweeps);
  print_fact("seed", std::to_string(spec.seed));
  print_fact("model", pairs_text(spec.model));
  print_fact("train", pairs_text(spec.train));
}

void print_environment(const AttemptRow& attempt, const AttemptRow* previous) {
  const auto facts = facts_of(*attempt.environment);
  if (previous != nullptr && previous->environment && facts_of(*previous->environment) == facts) {
    print_fact("  all else", "as attempt " + std::to_string(previous->attempt));
    return;
  }
  for (const auto& [name, text] : facts) print_fact("  " + name, text);
}

// previous: the attempt before, nullptr: it is the first.
void print_attempt(const AttemptRow& attempt, const AttemptRow* previous) {
  std::printf("\n");
  print_fact("attempt " + std::to_string(attempt.attempt), attempt.outcome);
  print_fact("  started", time_text(attempt.started_at) + ", from epoch " + std::to_string(attempt.resumed_epoch));
  if (attempt.ended_at) print_fact("  lasted", seconds_text(*attempt.ended_at - attempt.started_at));
  print_fact("  host", attempt.host + ", worker " + std::to_string(attempt.worker));
  if (attempt.environment) print_environment(attempt, previous);
  if (attempt.failure) print_fact("  failure", attempt.failure->message);
  for (const std::string& refused : attempt.refused_checkpoints) print_fact("  refused", refused);
}

void print_selected(const std::vector<Selected>& selected) {
  std::vector<std::vector<std::string>> rows = {{"epoch chosen by", "epoch", "WA", "UA", "macro-F1", "weighted F1"}};
  for (const Selected& choice : selected) {
    const Scores scores = scores_of(choice.confusion);
    rows.push_back({storage::selection_text(choice.rule, choice.metric), std::to_string(choice.epoch),
                    percent(scores.wa), percent(scores.ua), percent(scores.macro_f1), percent(scores.weighted_f1)});
  }
  std::printf("\nTest part, percent:\n");
  print_columns(rows);
}

void print_result(const TrialResult& result) {
  std::printf("\n");
  print_fact("parameters", std::to_string(result.parameters));
  print_fact("weights sha256", result.weights_sha256);
  print_fact("wall time", seconds_text(result.wall_seconds) + " (last attempt)");
  print_fact("peak memory", mebibytes_text(result.peak_memory));
  print_selected(result.selected);
}

void print_trial(const TrialDetail& detail, const Sweeps& sweeps) {
  print_identity(detail, sweeps);
  const AttemptRow* previous = nullptr;
  for (const AttemptRow& attempt : detail.attempts) {
    print_attempt(attempt, previous);
    previous = &attempt;
  }
  if (detail.result) print_result(*detail.result);
}

}  // namespace

ExitCode show_command(const Context& context, const std::string& trial) {
  if (!plain_format(context, "show")) return ExitCode::usage;
  return with_store(context, [&](ResultReader& reader) -> Status {
    MER_ASSIGN(const TrialId id, reader.find_trial(trial));
    if (context.format == Format::json) return print_json(context, web::trial_json(reader, id));
    MER_ASSIGN(const TrialDetail detail, reader.trial(id));
    if (context.format == Format::quiet) {
      std::printf("%s\n", name_of(detail.row.state));
      return {};
    }
    Sweeps sweeps;
    for (const SweepId sweep : detail.sweeps) {
      MER_ASSIGN(storage::SweepDetail submitted, reader.sweep(sweep));
      sweeps.push_back(std::move(submitted));
    }
    print_trial(detail, sweeps);
    return {};
  });
}

}  // namespace mer::cli
