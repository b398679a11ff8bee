#include "cli/sweep_run.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <vector>

#include "cli/mpirun.hpp"
#include "cli/progress.hpp"
#include "cli/store_access.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

constexpr double kLockPatienceSeconds = 15;  // ranks outlive a killed mpirun by about 2 s
constexpr int kFruitlessLaunches = 3;        // give up after so many launches without a new epoch

// Signals that end a run, as something to poll.
class StopSignals {
 public:
  StopSignals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    descriptor_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  }
  ~StopSignals() { ::close(descriptor_); }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // The next signal that has arrived, 0: none.
  int next() {
    signalfd_siginfo info{};
    return ::read(descriptor_, &info, sizeof info) == ssize_t(sizeof info) ? int(info.ssi_signo) : 0;
  }

 private:
  int descriptor_ = -1;
};

ProgressView make_view(const Context& context) {
  if (context.format == Format::quiet) return {stderr, ProgressView::Style::none};
  if (::isatty(STDERR_FILENO) == 0) return {stderr, ProgressView::Style::lines};
  winsize window{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
  return {stderr, ProgressView::Style::terminal, known ? int(window.ws_col) : 80};
}

// One mpirun, from start to end.
Result<LaunchEnd> launch(const LaunchOptions& options, StopSignals& signals, ProgressView& view) {
  MER_ASSIGN(Mpirun mpirun, Mpirun::start(options));
  LaunchEnd end = LaunchEnd::ended;
  while (!mpirun.ended()) {
    view.feed(mpirun.read_output(50));
    const int signal = signals.next();
    if (signal == 0) continue;
    if (end == LaunchEnd::ended) {
      std::fputs("\npausing: checkpoints are being written (Ctrl-C once more kills)\n", stderr);
      mpirun.request_pause();
      end = signal == SIGINT ? LaunchEnd::interrupted : LaunchEnd::paused;
    } else if (signal == SIGINT) {  // batch systems repeat their TERM: that asks for nothing new
      mpirun.kill();
      end = LaunchEnd::interrupted;
    }
  }
  return end;
}

}  // namespace

int usable_cores() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

Result<Standing> standing_of(const Context& context, SweepId sweep) {
  MER_ASSIGN(const OpenStore store, open_store(context, kLockPatienceSeconds));
  MER_ASSIGN(const storage::SweepDetail detail, store.reader->sweep(sweep));
  MER_ASSIGN(const std::vector<storage::TrialRow> trials, store.reader->trials(sweep));
  Standing standing{detail.summary.counts, 0};
  for (const storage::TrialRow& trial : trials) standing.epochs += trial.epoch;
  return standing;
}

Result<LaunchEnd> run_to_the_end(const Context& context, const LocalRun& run) {
  LaunchOptions options{.programs = program_folder(),
                        .store = std::filesystem::absolute(context.store),
                        .sweep = run.sweep,
                        .workers = run.workers,
                        .web = run.web,
                        .as_root = ::geteuid() == 0};
  StopSignals signals;
  ProgressView view = make_view(context);
  MER_ASSIGN(Standing before, standing_of(context, options.sweep));
  for (int fruitless = 0; !before.complete();) {
    options.workers = int(std::min<std::int64_t>(run.workers, before.left() * run.gang));  // more would only wait
    MER_ASSIGN(const LaunchEnd end, launch(options, signals, view));
    view.finish();
    MER_ASSIGN(const Standing after, standing_of(context, options.sweep));
    if (end != LaunchEnd::ended) return after.complete() ? LaunchEnd::ended : end;
    if (after.complete()) break;
    fruitless = after.beyond(before) ? 0 : fruitless + 1;
    if (fruitless == kFruitlessLaunches) {
      return Error{ErrorCode::unavailable, "mpirun ended " + std::to_string(fruitless) +
                                               " times without progress; its messages are above; `merctl doctor` "
                                               "examines this machine"};
    }
    std::fputs("a process was lost; starting again from the store\n", stderr);
    before = after;
  }
  return LaunchEnd::ended;
}

}  // namespace mer::cli
