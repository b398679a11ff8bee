// bench: mer's own side of the benchmark against other tools (bench/peers/run.py), on any machine, without Python.
//
// Twelve trials on a synthetic corpus, run as `merctl run` runs them, in a store that is removed afterwards.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/bench_figures.hpp"
#include "cli/commands.hpp"
#include "cli/gpus.hpp"
#include "cli/output.hpp"
#include "cli/prepare.hpp"
#include "cli/store_access.hpp"
#include "cli/submit.hpp"
#include "cli/sweep_run.hpp"
#include "cli/temporary_folder.hpp"
#include "core/enum_names.hpp"
#include "core/json.hpp"
#include "data/file_io.hpp"
#include "data/synthetic_corpus.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

constexpr int kTrials = 12;
// MSP-Improv: one fold for each of the 12 speakers. IEMOCAP: four sessions held out, three seeds each.
json sweep_of(const std::string& shapes, const BenchOptions& options) {
  json sweep = {{"name", "bench-" + shapes},
                {"corpus", {{"synthetic", shapes}, {"seed", 1}}},
                {"train", {{"epochs", options.epochs}, {"learning_rate", 1e-3}}}};
  if (options.stack > 0) sweep["resources"] = {{"stack", options.stack}};
  if (shapes == "msp-improv") {
    sweep["folds"] = {{"scheme", "speaker"}};
  } else {
    sweep["folds"] = {{"scheme", "session-holdout"}};
    sweep["seeds"] = {0, 1, 2};
    sweep["grid"] = {{"folds.test", {"1", "2", "3", "4"}}};
  }
  return sweep;
}

struct Measured {
  std::string shapes;
  int workers = 0;
  BenchFigures figures;
  std::string device;              // "cpu", or the GPU's name
  json versions = json::object();  // of the trainer: cpu, vector_code, libtorch, ...
};

Result<Measured> read_figures(const Context& context, SweepId sweep, double wall_seconds, int workers) {
  MER_ASSIGN(const OpenStore store, open_store(context));
  MER_ASSIGN(const std::vector<storage::TrialRow> rows, store.reader->trials(sweep));
  Measured measured;
  measured.workers = workers;
  std::vector<BenchTrial> trials;
  for (const storage::TrialRow& row : rows) {
    MER_ASSIGN(const storage::TrialDetail detail, store.reader->trial(row.id));
    if (!detail.result || detail.attempts.empty()) {
      return Error{ErrorCode::internal, std::string("a trial of the benchmark is ") + name_of(row.state) +
                                            (row.message.empty() ? "" : ": " + row.message) +
                                            "; `merctl doctor` examines this machine"};
    }
    BenchTrial trial{.worker = detail.attempts.back().worker,
                     .peak_memory = detail.result->peak_memory,
                     .profile = detail.result->profile};
    for (const EpochTiming& timing : detail.timings) trial.epoch_ends.push_back(timing.finished_at);
    trials.push_back(std::move(trial));
    if (const auto& environment = detail.attempts.back().environment) {
      measured.device = environment->device;
      measured.versions = json::parse(environment->versions, nullptr, false);
      if (!measured.versions.is_object()) measured.versions = json::object();
    }
  }
  measured.figures = figures_of(trials, wall_seconds, workers);
  return measured;
}

Result<Measured> measure(const Context& context, const std::string& shapes, const BenchOptions& options) {
  MER_ASSIGN(const TemporaryFolder folder, TemporaryFolder::make("mer-bench"));
  const std::filesystem::path file = folder.path() / "sweep.json";
  const std::string text = sweep_of(shapes, options).dump(2);
  const std::string_view chunk = text;
  MER_TRY(data::write_file(file, {&chunk, 1}));
  Context inside = context;
  inside.store = folder.path() / "store";
  MER_ASSIGN(Prepared prepared, prepare({.file = file.string()}));
  MER_ASSIGN(const SweepId sweep, submit(prepared, inside.store, {}));

  const ResourceSettings& resources = prepared.plan.submission.sweep.resources;
  MER_ASSIGN(const TrainingPlace place, training_place(resources, look_around(program_folder())));
  MER_ASSIGN(const int wanted, workers_of(resources, place, options.workers, usable_cores()));
  const int workers = std::min(wanted, kTrials);
  std::fprintf(stderr, "%s: %d trials of %d epochs on %d workers, on %s\n", shapes.c_str(), kTrials, options.epochs,
               workers, place.text.c_str());
  const auto begin = std::chrono::steady_clock::now();
  MER_ASSIGN(const LaunchEnd end, run_to_the_end(inside, {.sweep = sweep, .workers = workers, .web = false}));
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  if (end != LaunchEnd::ended) return Error{ErrorCode::unavailable, "interrupted: nothing was measured"};
  MER_ASSIGN(Measured measured, read_figures(inside, sweep, wall.count(), workers));
  measured.shapes = shapes;
  return measured;
}

json json_of(const Measured& measured, const BenchOptions& options) {
  const BenchFigures& figures = measured.figures;
  json seconds = json::object();
  for (const auto& [work, name] : EnumNames<Work>::all) seconds[name] = figures.profile.of(work);
  return {{"shapes", measured.shapes},
          {"trials", kTrials},
          {"epochs", options.epochs},
          {"workers", measured.workers},
          {"stack", options.stack > 0 ? json(options.stack) : json("auto")},
          {"fold_epochs", figures.fold_epochs},
          {"fold_epochs_per_second", figures.rate},
          {"fold_epochs_per_second_per_core", figures.rate / measured.workers},
          {"fold_epochs_per_second_with_start", figures.whole_rate()},
          {"wall_seconds", figures.wall_seconds},
          {"step_seconds", figures.step_seconds},
          {"trial_step_seconds", figures.trial_step_seconds},
          {"trainer_peak_memory", figures.trainer_memory},
          {"peak_memory", figures.memory},
          {"seconds", std::move(seconds)},
          {"device", measured.device},
          {"versions", measured.versions}};
}

void print_figures(const Measured& measured, const BenchOptions& options) {
  const BenchFigures& figures = measured.figures;
  const auto text = [](const char* format, auto... values) {
    char line[240];
    std::snprintf(line, sizeof line, format, values...);
    return std::string(line);
  };
  constexpr double kMebibyte = 1 << 20;
  print_fact(measured.shapes,
             text("%d trials of %d epochs, %d workers, stack %s", kTrials, options.epochs, measured.workers,
                  options.stack > 0 ? std::to_string(options.stack).c_str() : "auto"));
  print_fact("machine", measured.versions.value("cpu", "") + ", " + measured.versions.value("vector_code", "") +
                            " code, LibTorch " + measured.versions.value("libtorch", ""));
  print_fact("device", measured.device);
  print_fact("speed", text("%.2f fold-epochs/s, %.2f a core; %.2f over all %.1f s", figures.rate,
                           figures.rate / measured.workers, figures.whole_rate(), figures.wall_seconds));
  print_fact("training step", text("%.2f ms; %.2f ms of a core for each trial, all included",
                                   1000 * figures.step_seconds, 1000 * figures.trial_step_seconds));
  print_fact("peak memory", text("%.0f MiB a trainer, %.0f MiB all trainers",
                                 double(figures.trainer_memory) / kMebibyte, double(figures.memory) / kMebibyte));
  print_fact("time", shares_text(figures.profile));
}

}  // namespace

ExitCode bench_command(const Context& context, const BenchOptions& options) {
  if (!plain_format(context, "bench")) return ExitCode::usage;
  json runs = json::array();
  for (const std::string shapes : {"msp-improv", "iemocap"}) {
    if (options.shapes != "all" && options.shapes != shapes) continue;
    const Result<Measured> measured = measure(context, shapes, options);
    if (!measured) return report(context, measured.error());
    if (context.format == Format::json) {
      runs.push_back(json_of(*measured, options));
    } else if (context.format == Format::quiet) {
      std::printf("%.4f\n", measured->figures.rate);
    } else {
      print_figures(*measured, options);
    }
  }
  if (context.format == Format::json) {
    const json document = {{"schema", 1}, {"runs", std::move(runs)}};
    return end_with_document(context, document);
  }
  return ExitCode::done;
}

}  // namespace mer::cli
