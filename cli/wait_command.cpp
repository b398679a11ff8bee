// wait: until every trial of some sweeps has ended.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/output.hpp"
#include "cli/status_text.hpp"
#include "cli/store_watch.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

using storage::StateCounts;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{500};

class SweepWait {
 public:
  SweepWait(const Context& context, const WaitOptions& options)
      : context_(context), sweeps_(options.sweeps), watch_(context) {}

  // The sweeps' trials when all have ended; nullopt: the time was over before. The store of a network file system says
  // nothing while somebody works there.
  Result<std::optional<StateCounts>> until(std::optional<Clock::time_point> end) {
    while (true) {
      const Result<bool> seen = watch_.look([this](storage::ResultReader& reader) { return count(reader); });
      if (!seen && seen.error().code != ErrorCode::busy) return seen.error();
      if (seen && counts_.left() == 0) return std::optional(counts_);
      if (watch_.abandoned()) say_that_nobody_works();
      const auto now = Clock::now();
      if (end && now >= *end) return std::optional<StateCounts>();
      std::this_thread::sleep_for(end ? std::min<Clock::duration>(kPause, *end - now) : kPause);
    }
  }

  std::string standing() const { return known_ ? counts_text(counts_) : "the store was busy all the time"; }

 private:
  // The first time the names become numbers: a sweep that is submitted under the name later is another one.
  Status count(storage::ResultReader& reader) {
    StateCounts sum;
    for (std::string& sweep : sweeps_) {
      MER_ASSIGN(const SweepId id, reader.find_sweep(sweep));
      MER_ASSIGN(const storage::SweepDetail detail, reader.sweep(id));
      sum += detail.summary.counts;
      sweep = std::to_string(id.number);
    }
    counts_ = sum;
    known_ = true;
    return {};
  }

  void say_that_nobody_works() {
    if (!said_ && context_.format != Format::quiet) {
      const std::int64_t left = counts_.left();
      std::fprintf(stderr, "%lld %s left, nobody works on %s: `merctl run SWEEP.json` goes on\n",
                   static_cast<long long>(left), left == 1 ? "trial is" : "trials are", left == 1 ? "it" : "them");
    }
    said_ = true;
  }

  Context context_;
  std::vector<std::string> sweeps_;
  StoreWatch watch_;
  StateCounts counts_;
  bool known_ = false, said_ = false;
};

ExitCode print_end(const Context& context, const StateCounts& counts) {
  const ExitCode code = counts.done == counts.total() ? ExitCode::done : ExitCode::some_failed;
  if (context.format == Format::table) std::printf("%s\n", counts_text(counts).c_str());
  if (context.format != Format::json) return code;
  const nlohmann::json document = {{"schema", 1},
                                   {"counts",
                                    {{"done", counts.done},
                                     {"failed", counts.failed},
                                     {"diverged", counts.diverged},
                                     {"cancelled", counts.cancelled},
                                     {"total", counts.total()}}}};
  return end_with_document(context, document, code);
}

}  // namespace

ExitCode wait_command(const Context& context, const WaitOptions& options) {
  if (!plain_format(context, "wait")) return ExitCode::usage;
  std::optional<Clock::time_point> end;
  if (!options.timeout.empty()) {
    const auto patience = duration_from(options.timeout);
    if (!patience) return report(context, invalid("--timeout: " + patience.error().message));
    end = Clock::now() + *patience;
  }
  SweepWait wait(context, options);
  const auto ended = wait.until(end);
  if (!ended) return report(context, ended.error());
  if (!*ended) {
    return report(context, {ErrorCode::timeout, "--timeout " + options.timeout + " is over: " + wait.standing()});
  }
  return print_end(context, **ended);
}

}  // namespace mer::cli
