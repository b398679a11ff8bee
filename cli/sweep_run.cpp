#include "cli/sweep_run.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "cli/launcher.hpp"
#include "cli/mpirun.hpp"
#include "cli/progress.hpp"
#include "cli/stand_in.hpp"
#include "cli/stop_signals.hpp"
#include "cli/store_access.hpp"
#include "core/sweep_file.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kRanksLiveOn{5};
constexpr std::chrono::milliseconds kPause{100};
constexpr int kFruitlessLaunches = 3;  // give up after so many launches without a new epoch

// One mpirun, from start to end.
Result<LaunchEnd> launch(const LaunchOptions& options, StopSignals& signals, ProgressView& view,
                         StandIn* stand_in = nullptr) {
  MER_ASSIGN(Mpirun mpirun, Mpirun::start(options));
  LaunchEnd end = LaunchEnd::ended;
  while (!mpirun.ended()) {
    view.feed(mpirun.read_output(50));
    if (stand_in != nullptr && stand_in->look()) mpirun.request_pause();
    const int signal = signals.next();
    if (signal == 0) continue;
    if (end == LaunchEnd::ended) {
      std::fputs("\npausing: checkpoints are being written (Ctrl-C once more kills)\n", stderr);
      mpirun.request_pause();
      if (stand_in != nullptr) stand_in->request_pause();
      end = signal == SIGINT ? LaunchEnd::interrupted : LaunchEnd::paused;
    } else if (signal == SIGINT) {  // batch systems repeat their TERM: that asks for nothing new
      mpirun.kill();
      if (stand_in != nullptr) stand_in->kill();
      end = LaunchEnd::interrupted;
    }
  }
  if (end != LaunchEnd::ended) return end;
  if (view.idle()) return LaunchEnd::idle;
  return view.out_of_time() ? LaunchEnd::paused : end;
}

// "3 workers on 2 nodes: 2 on n1, 1 on n2", the first few of many.
std::string text_of(const std::vector<HostWorkers>& hosts) {
  constexpr std::size_t kShown = 4;
  int workers = 0;
  std::string places;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    workers += hosts[i].workers;
    if (i < kShown) places += (i == 0 ? "" : ", ") + std::to_string(hosts[i].workers) + " on " + hosts[i].host;
  }
  return std::to_string(workers) + " workers on " + std::to_string(hosts.size()) + " nodes: " + places +
         (hosts.size() > kShown ? ", .." : "");
}

void spread(LaunchOptions& options, const std::vector<Node>& nodes, int gang) {
  if (nodes.empty()) return;
  options.hosts = place_workers(nodes, options.workers, gang);
  std::fprintf(stderr, "%s\n", text_of(options.hosts).c_str());
}

// Of a launch that has ended the ranks may hold the store for some 2 s.
Status check_nobody_else_leads(const Context& context) {
  MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::open(context.store));
  std::optional<storage::LockHolder> holder;
  for (const auto give_up = Clock::now() + kRanksLiveOn; Clock::now() < give_up; std::this_thread::sleep_for(kPause)) {
    MER_ASSIGN(holder, storage::StoreLock::holder(store));
    if (!holder) return {};
  }
  return Error{ErrorCode::busy, store.path().string() + ": process " + std::to_string(holder->pid) + " on " +
                                    holder->host + " has taken this run over; `merctl work` brings it workers"};
}

}  // namespace

ProgressView progress_view(const Context& context) {
  if (context.format == Format::quiet) return {stderr, ProgressView::Style::none};
  if (::isatty(STDERR_FILENO) == 0) return {stderr, ProgressView::Style::lines};
  winsize window{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
  return {stderr, ProgressView::Style::terminal, known ? int(window.ws_col) : 80};
}

int usable_cores() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

Result<Standing> standing_of(const Context& context, const LocalRun& run) {
  MER_ASSIGN(const OpenStore store, open_store(context));
  MER_ASSIGN(const auto summaries, store.reader->sweeps());
  Standing standing;
  for (const storage::SweepSummary& summary : summaries) {
    if (summary.id == run.sweep) standing.counts = summary.counts;
    const std::int64_t left = summary.counts.left();
    if (summary.activity != storage::SweepActivity::active || (left == 0 && summary.id != run.sweep)) continue;
    MER_ASSIGN(const storage::SweepDetail detail, store.reader->sweep(summary.id));
    MER_ASSIGN(const Sweep sweep, sweep_frame_from_resolved(detail.resolved_json));
    if (sweep.resources.gpus_per_trial != run.gang) continue;
    standing.left += left;
    if (left > 0) standing.first = summary.id;  // newest first
    MER_ASSIGN(const std::vector<storage::TrialRow> trials, store.reader->trials(summary.id));
    for (const storage::TrialRow& trial : trials) standing.epochs += trial.epoch;
  }
  return standing;
}

Result<LaunchEnd> join_once(const Context& context, const JoiningWorkers& joining) {
  MER_ASSIGN(const Launcher launcher, choose_launcher(!joining.nodes.empty()));
  LaunchOptions options{.programs = program_folder(),
                        .store = std::filesystem::absolute(context.store),
                        .sweep = {},
                        .workers = joining.workers,
                        .as_root = ::geteuid() == 0,
                        .launcher = launcher,
                        .join = true,
                        .limits = joining.limits};
  spread(options, joining.nodes, joining.gang);
  StopSignals signals;
  ProgressView view = progress_view(context);
  const Result<LaunchEnd> end = launch(options, signals, view, joining.stand_in);
  view.finish();
  return end;
}

Result<LaunchEnd> run_to_the_end(const Context& context, const LocalRun& run) {
  Launcher launcher = Launcher::mpirun;  // of no concern to a coordinator alone
  if (!run.alone) {
    MER_ASSIGN(launcher, choose_launcher(!run.nodes.empty()));
  }
  LaunchOptions options{.programs = program_folder(),
                        .store = std::filesystem::absolute(context.store),
                        .sweep = run.sweep,
                        .workers = run.workers,
                        .web = run.web,
                        .as_root = ::geteuid() == 0,
                        .launcher = launcher,
                        .alone = run.alone,
                        .stay = run.stay};
  StopSignals signals;
  ProgressView view = progress_view(context);
  MER_ASSIGN(Standing before, standing_of(context, run));
  for (int fruitless = 0; run.stay || !before.complete();) {
    options.workers = int(std::min<std::int64_t>(run.workers, before.left * run.gang));  // more would only wait
    spread(options, run.nodes, run.gang);
    MER_ASSIGN(const LaunchEnd end, launch(options, signals, view));
    view.finish();
    MER_ASSIGN(const Standing after, standing_of(context, run));
    if (end != LaunchEnd::ended) return after.complete() ? LaunchEnd::ended : end;
    if (after.complete() && !run.stay) break;
    fruitless = after.beyond(before) ? 0 : fruitless + 1;
    if (fruitless == kFruitlessLaunches) {
      const std::string what = run.alone ? "the coordinator" : name_of(launcher);
      return Error{ErrorCode::unavailable, what + " ended " + std::to_string(fruitless) +
                                               " times without progress; its messages are above; `merctl doctor` "
                                               "examines this machine"};
    }
    MER_TRY(check_nobody_else_leads(context));
    std::fputs("a process was lost; starting again from the store\n", stderr);
    before = after;
  }
  return LaunchEnd::ended;
}

}  // namespace mer::cli
