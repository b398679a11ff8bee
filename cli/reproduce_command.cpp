// reproduce: one trial alone, again, from its start, and its numbers compared with the recorded ones.
//
// The store is read and never written: the trainer gets a folder of its own with the trial's fold in it.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/reproduction.hpp"
#include "cli/reproduction_text.hpp"
#include "cli/stop_signals.hpp"
#include "cli/store_access.hpp"
#include "cli/temporary_folder.hpp"
#include "cli/trainer_process.hpp"
#include "core/enum_names.hpp"
#include "core/json.hpp"
#include "data/file_io.hpp"

namespace mer::cli {
namespace {

using storage::AttemptRow;
using storage::ResultReader;
using storage::TrialDetail;

constexpr std::size_t kMaxFoldBytes = std::size_t{1} << 30;
constexpr std::size_t kMaxLogBytes = std::size_t{64} << 20;
constexpr std::size_t kTailBytes = 2000;
constexpr int kPollMilliseconds = 200;
constexpr double kNoCheckpoints = 1e9;  // seconds between two: nothing goes on from one

// What the store knows of the trial.
struct Recorded {
  TrialSpec spec;
  TrialRun run;
  std::string corpus_path;
  std::string fold_text;  // its file
};

std::string short_id(const TrialId& id) {
  return id.hex.substr(0, 8);
}

Status check_done(const TrialDetail& detail) {
  if (detail.result) return {};
  const bool unfinished = !is_final(detail.row.state);
  return invalid("trial " + short_id(detail.spec.id) + " is " + name_of(detail.row.state) + ", at epoch " +
                 std::to_string(detail.row.epoch) + " of " + std::to_string(detail.row.epochs) +
                 ": only a done trial has numbers to compare" + (unfinished ? "; run its sweep to the end first" : ""));
}

// Of the attempts that made the numbers: the last, and those before it back to one that began at the trial's start.
std::vector<Environment> environments_of(const std::vector<AttemptRow>& attempts) {
  std::vector<Environment> environments;
  for (auto attempt = attempts.rbegin(); attempt != attempts.rend(); ++attempt) {
    if (!attempt->environment) continue;
    environments.insert(environments.begin(), *attempt->environment);
    if (attempt->resumed_epoch == 0) break;
  }
  return environments;
}

// The folder that any of the trial's sweeps named, or the store's own copy of a synthetic corpus.
Result<std::string> corpus_of(ResultReader& reader, const TrialDetail& detail, const std::filesystem::path& store) {
  std::vector<std::string> places;
  for (const SweepId sweep : detail.sweeps) {
    MER_ASSIGN(const storage::SweepDetail submitted, reader.sweep(sweep));
    for (const storage::CorpusRecord& corpus : submitted.corpora) {
      if (corpus.id == detail.spec.corpus) places.push_back(corpus.path);
    }
  }
  places.push_back((store / "corpora" / detail.spec.corpus.hex).string());
  std::error_code ignored;
  for (const std::string& place : places) {
    if (std::filesystem::exists(std::filesystem::path(place) / "corpus.json", ignored)) return place;
  }
  return Error{ErrorCode::not_found, "the corpus of trial " + short_id(detail.spec.id) + " was in " + places.front() +
                                         " and is not there any more; put it back, or name its folder with --corpus"};
}

Result<Recorded> read_recorded(const Context& context, const ReproduceOptions& options) {
  MER_ASSIGN(const OpenStore store, open_store(context));
  ResultReader& reader = *store.reader;
  MER_ASSIGN(const TrialId id, reader.find_trial(options.trial));
  MER_ASSIGN(TrialDetail detail, reader.trial(id));
  MER_TRY(check_done(detail));

  Recorded recorded{.spec = detail.spec, .run = {}, .corpus_path = options.corpus, .fold_text = {}};
  for (Selected& selected : detail.result->selected) {
    MER_ASSIGN(selected, reader.selected(id, selected.rule, selected.metric));
  }
  recorded.run.result = std::move(detail.result);
  for (const Split split : {Split::train, Split::validation, Split::test}) {
    MER_ASSIGN(const std::vector<EpochRow> rows, reader.curve(id, split));
    recorded.run.curve.insert(recorded.run.curve.end(), rows.begin(), rows.end());
  }
  recorded.run.environments = environments_of(detail.attempts);
  const std::filesystem::path folder = std::filesystem::absolute(context.store);
  if (options.corpus.empty()) {
    MER_ASSIGN(recorded.corpus_path, corpus_of(reader, detail, folder));
  }
  const std::filesystem::path fold = folder / storage::StoreDir::fold_file(detail.spec.fold);
  MER_ASSIGN(recorded.fold_text, data::read_file(fold.string(), kMaxFoldBytes));
  return recorded;
}

Status write_text(const std::filesystem::path& path, const std::string& text) {
  const std::string_view chunk = text;
  MER_TRY(data::write_file(path.string(), {&chunk, 1}));
  return {};
}

// That on which the last attempt ran, unless the user names another.
DeviceChoice device_of(const Recorded& recorded, const std::string& asked) {
  if (const auto device = enum_from<DeviceChoice>(asked)) return *device;
  if (recorded.run.environments.empty()) return DeviceChoice::automatic;
  const std::string& device = recorded.run.environments.back().device;  // "cpu", "2 x cpu", a GPU's name
  return device.ends_with("cpu") ? DeviceChoice::cpu : DeviceChoice::cuda;
}

StackJob job_of(const Recorded& recorded, const ReproduceOptions& options, const std::filesystem::path& folder) {
  StackJob job;
  job.store = folder.string();
  job.corpus_path = std::filesystem::absolute(recorded.corpus_path).string();
  job.device = device_of(recorded, options.device);
  if (!recorded.run.environments.empty()) job.threads = recorded.run.environments.back().threads;
  job.checkpoint_seconds = kNoCheckpoints;
  job.slots = 1;
  job.trials = {{recorded.spec, 1, {}}};
  return job;
}

// What the trainer reads.
Status lay_out(const Recorded& recorded, const StackJob& job, const std::filesystem::path& folder) {
  const std::filesystem::path fold = folder / storage::StoreDir::fold_file(recorded.spec.fold);
  std::error_code error;
  std::filesystem::create_directories(fold.parent_path(), error);
  if (error) return system_error(error.value(), fold.parent_path().string() + ": cannot be made");
  MER_TRY(write_text(fold, recorded.fold_text));
  return write_text(folder / "job.json", nlohmann::json(job).dump(2));
}

// How far the run is, in one line of a terminal that is rewritten in place.
class EpochProgress {
 public:
  EpochProgress(bool shown, int epochs) : shown_(shown), epochs_(epochs) {}
  ~EpochProgress() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }
  EpochProgress(const EpochProgress&) = delete;
  EpochProgress& operator=(const EpochProgress&) = delete;

  void show(int epoch) const {
    if (!shown_) return;
    const std::chrono::duration<double> so_far = std::chrono::steady_clock::now() - began_;
    const double left = epoch == 0 ? -1 : so_far.count() / epoch * (epochs_ - epoch);
    std::string text = "epoch " + std::to_string(epoch) + '/' + std::to_string(epochs_);
    if (left >= 0) text += ", about " + duration_text(left) + " left";
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
    std::fflush(stderr);
  }

 private:
  const bool shown_;
  const int epochs_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// Takes the trainer's reports in. Error: the attempt ended without a result or a divergence.
class RunReader {
 public:
  Status take(const AttemptEvent& event) {
    return std::visit([this](const auto& one) { return this->note(one); }, event);
  }
  int epoch() const { return epoch_; }
  bool ended() const { return run_.result || !run_.diverged.empty(); }
  TrialRun run() && { return std::move(run_); }

 private:
  Status note(const AttemptStarted& started) {
    run_.environments = {started.environment};
    return {};
  }
  Status note(const EpochDone& done) {
    run_.curve.insert(run_.curve.end(), done.rows.begin(), done.rows.end());
    epoch_ = done.timing.epoch;
    return {};
  }
  static Status note(const CheckpointSaved&) { return {}; }
  Status note(const AttemptFinished& finished) {
    run_.result = finished.result;
    return {};
  }
  Status note(const AttemptDiverged& diverged) {
    run_.diverged =
        "diverged in epoch " + std::to_string(diverged.epoch) + ": " + diverged.component + " is not finite";
    return {};
  }
  static Status note(const AttemptStopped&) {
    return Error{ErrorCode::unavailable, "the trainer was stopped from outside: nothing was compared"};
  }
  static Status note(const AttemptFailed& failed) {
    return invalid("the trial cannot train: " + failed.failure.message);
  }

  TrialRun run_;
  int epoch_ = 0;
};

// The last whole lines of the trainer's log, indented; empty: it printed nothing.
std::string log_tail(const std::filesystem::path& log) {
  const Result<std::string> text = data::read_file(log.string(), kMaxLogBytes);
  if (!text || text->empty()) return "";
  std::string tail = text->size() <= kTailBytes ? *text : text->substr(text->find('\n', text->size() - kTailBytes) + 1);
  while (tail.ends_with('\n')) tail.pop_back();
  for (std::size_t at = 0; (at = tail.find('\n', at)) != std::string::npos; at += 3) tail.replace(at, 1, "\n  ");
  return "; its last lines:\n  " + tail;
}

Result<TrialRun> train_again(const Recorded& recorded, const std::filesystem::path& folder, bool show_progress) {
  StopSignals signals;
  const std::filesystem::path log = folder / "trainer.log";
  MER_ASSIGN(TrainerProcess trainer, TrainerProcess::start(program_folder() / "mer-trainer", folder / "job.json", log));
  const EpochProgress progress(show_progress, recorded.spec.train.epochs);
  RunReader reader;
  progress.show(0);
  while (true) {
    if (signals.next() != 0) return Error{ErrorCode::unavailable, "interrupted: nothing was compared"};
    MER_ASSIGN(const std::optional<Message> message, trainer.next(kPollMilliseconds));
    if (!message && trainer.at_end()) break;
    if (!message) continue;
    if (const auto* report = std::get_if<Report>(&*message)) {
      MER_TRY(reader.take(report->event));
      if (std::holds_alternative<EpochDone>(report->event)) progress.show(reader.epoch());
    }
  }
  const std::string end = trainer.wait();
  if (reader.ended()) return std::move(reader).run();
  return Error{ErrorCode::internal,
               "mer-trainer ended before the trial did" + (end.empty() ? "" : ", with " + end) + log_tail(log)};
}

std::string shown(const EnvironmentDifference& difference, const std::string& value) {
  return difference.what.ends_with("sha256") ? value.substr(0, 12) : value;
}

void print_environment(const Comparison& comparison) {
  std::printf("\n");
  if (comparison.environment.empty()) {
    print_fact("environment", "the same in all that is recorded of it");
    return;
  }
  std::printf("%s\n", comparison.identical() ? "Other than recorded, without effect:"
                                             : "Other than recorded, which may explain it:");
  for (const EnvironmentDifference& difference : comparison.environment) {
    print_fact("  " + difference.what,
               shown(difference, difference.recorded) + "; again: " + shown(difference, difference.again));
  }
}

void print_comparison(const Comparison& comparison, const TrialRun& again) {
  print_columns(rows_of(comparison));
  std::printf("Selections: percent (epoch). Quantities: in the first epoch that differs.\n");
  print_environment(comparison);
  std::printf("\n");
  print_fact("verdict", verdict_of(comparison) + (again.diverged.empty() ? "" : "; the run " + again.diverged));
}

nlohmann::ordered_json document_of(const Recorded& recorded, const TrialRun& again, const Comparison& comparison) {
  nlohmann::ordered_json document = {{"schema", 1}, {"trial", recorded.spec.id.hex}};
  document.update(json_of(comparison));
  if (!again.diverged.empty()) document["diverged"] = again.diverged;
  return document;
}

// Makes DIR of --keep, which holds nothing yet.
Status make_kept(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return system_error(error.value(), folder.string() + ": cannot be made");
  if (std::filesystem::is_empty(folder, error) && !error) return {};
  return invalid("--keep " + folder.string() + ": is not an empty folder; name one that is, or a new one");
}

Result<ExitCode> reproduce_in(const std::filesystem::path& folder, const Context& context, const Recorded& recorded,
                              const ReproduceOptions& options) {
  const StackJob job = job_of(recorded, options, folder);
  MER_TRY(lay_out(recorded, job, folder));
  const bool talks = context.format != Format::quiet;
  if (talks) {
    std::fprintf(stderr, "trial %s: %d epochs again, on %s\n", short_id(recorded.spec.id).c_str(),
                 recorded.spec.train.epochs, name_of(job.device));
  }
  MER_ASSIGN(const TrialRun again, train_again(recorded, folder, talks && ::isatty(STDERR_FILENO) != 0));
  const Comparison comparison = compare(recorded.run, again);
  if (context.format == Format::json) {
    MER_TRY(print_json(context, document_of(recorded, again, comparison)
                                    .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)));
  } else if (talks) {
    print_comparison(comparison, again);
  }
  return comparison.identical() ? ExitCode::done : ExitCode::some_failed;
}

Result<ExitCode> reproduce(const Context& context, const ReproduceOptions& options) {
  MER_ASSIGN(const Recorded recorded, read_recorded(context, options));
  if (!options.keep.empty()) {
    const std::filesystem::path folder = std::filesystem::absolute(options.keep);
    MER_TRY(make_kept(folder));
    return reproduce_in(folder, context, recorded, options);
  }
  MER_ASSIGN(const TemporaryFolder folder, TemporaryFolder::make("mer-reproduce"));
  return reproduce_in(folder.path(), context, recorded, options);
}

}  // namespace

ExitCode reproduce_command(const Context& context, const ReproduceOptions& options) {
  if (!plain_format(context, "reproduce")) return ExitCode::usage;
  const Result<ExitCode> code = reproduce(context, options);
  return code ? *code : report(context, code.error());
}

}  // namespace mer::cli
