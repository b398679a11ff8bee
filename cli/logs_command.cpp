// logs: what a trial's trainer printed, once or as it comes.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/store_watch.hpp"
#include "storage/store_dir.hpp"
#include "storage/trial_log.hpp"

namespace mer::cli {
namespace {

using storage::ResultReader;

constexpr std::chrono::milliseconds kPause{250};
constexpr std::size_t kChunk = std::size_t{1} << 16;

struct ChosenLog {
  TrialId trial;
  storage::AttemptRow attempt;
};

class LogPrinter {
 public:
  LogPrinter(const Context& context, const LogsOptions& options)
      : options_(options), talks_(context.format != Format::quiet), watch_(context) {}

  // Prints what is there; while the attempt runs and is to be followed, again and again.
  Status print(const storage::StoreDir& store) {
    while (true) {
      MER_TRY(look());
      if (!log_) log_.emplace(store.path(), store.log_file(chosen_->trial, chosen_->attempt.attempt));
      MER_TRY(copy());
      if (!options_.follow) return finish(false);
      if (!running()) return finish(true);
      if (watch_.abandoned()) return abandon();
      std::this_thread::sleep_for(kPause);
    }
  }

 private:
  bool running() const { return chosen_->attempt.outcome == "running"; }

  Status look() {
    const auto seen = watch_.look([this](ResultReader& reader) -> Status {
      MER_ASSIGN(const TrialId trial, reader.find_trial(chosen_ ? chosen_->trial.hex : options_.trial));
      MER_ASSIGN(const storage::TrialDetail detail, reader.trial(trial));
      MER_ASSIGN(const storage::AttemptRow attempt,
                 storage::attempt_of(detail, chosen_ ? chosen_->attempt.attempt : options_.attempt));
      chosen_ = ChosenLog{trial, attempt};
      return {};
    });
    return seen ? Status() : Status(seen.error());
  }

  // The log of an attempt that has just begun is not there yet.
  Status copy() {
    const bool pointed_before = !log_->pointed().empty();
    const Status copied = print_what_is_new();
    if (!pointed_before && !log_->pointed().empty()) {
      say("the trial was trained in one stack with others; this is the stack's log, " + log_->pointed());
    }
    if (copied || (running() && copied.error().code == ErrorCode::not_found)) return {};
    if (copied.error().code != ErrorCode::not_found) return copied.error();
    return Error{ErrorCode::not_found, storage::standing_text(chosen_->attempt) + ", and its log is gone: " +
                                           copied.error().message + "; was it removed, or is it on another machine?"};
  }

  Status print_what_is_new() {
    while (true) {
      MER_ASSIGN(const std::string bytes, log_->read(printed_, kChunk));
      if (bytes.empty()) break;
      std::fwrite(bytes.data(), 1, bytes.size(), stdout);
      printed_ += std::int64_t(bytes.size());
    }
    std::fflush(stdout);
    return {};
  }

  Status finish(bool followed) const {
    if (followed) {
      say(storage::standing_text(chosen_->attempt));
    } else if (printed_ == 0) {
      say(storage::standing_text(chosen_->attempt) + ", and has printed nothing");
    }
    return {};
  }

  Status abandon() const {
    say(storage::standing_text(chosen_->attempt) +
        ", as the store has it, but nobody works on it: `merctl run` goes on");
    return {};
  }

  void say(const std::string& text) const {
    if (talks_) std::fprintf(stderr, "merctl: %s\n", text.c_str());
  }

  LogsOptions options_;
  bool talks_;
  StoreWatch watch_;
  std::optional<ChosenLog> chosen_;
  std::optional<storage::TrialLog> log_;
  std::int64_t printed_ = 0;  // bytes
};

}  // namespace

ExitCode logs_command(const Context& context, const LogsOptions& options) {
  if (context.format != Format::table && context.format != Format::quiet) {
    return report(context, invalid("merctl logs: a log is plain text; --format can be table or quiet here"));
  }
  const auto store = storage::StoreDir::open(context.store);
  if (!store) return report(context, store.error());
  const Status printed = LogPrinter(context, options).print(*store);
  return printed ? ExitCode::done : report(context, printed.error());
}

}  // namespace mer::cli
