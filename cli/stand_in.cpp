#include "cli/stand_in.hpp"

#include <csignal>
#include <cstdio>
#include <random>
#include <thread>
#include <unistd.h>
#include <utility>

#include "cli/join.hpp"
#include "cli/store_access.hpp"
#include "cli/sweep_run.hpp"
#include "core/host_name.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLookEvery{500};
constexpr milliseconds kLeastDelay{5000}, kSpread{5000};  // a run starts again what it lost within some 3 s
constexpr std::chrono::seconds kSettle{5};                // a coordinator says farewell for 3 s
constexpr std::chrono::seconds kToBegin{20};

// Another one in each job.
milliseconds drawn_delay() {
  std::random_device random;
  return kLeastDelay + milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, kSpread.count())(random));
}

Result<std::optional<storage::LockHolder>> holder_of(const Context& context) {
  MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::open(context.store));
  return storage::StoreLock::holder(store);
}

}  // namespace

StandIn::StandIn(Context context, bool web) : context_(std::move(context)), web_(web), succession_(drawn_delay()) {}

void StandIn::follow(const storage::Endpoint& run) {
  if (!run.gateway) return;
  gang_ = run.gateway->gpus_per_trial;
  this_machine_ = is_own_machine_only(*run.gateway);
}

bool StandIn::look() {
  take_output(0);
  const auto now = Clock::now();
  if (now < next_look_) return false;
  next_look_ = now + kLookEvery;
  const auto holder = holder_of(context_);
  if (!holder) return false;
  leads_ = coordinator_ && *holder && (*holder)->pid == coordinator_->process.pid() && (*holder)->host == host_name();
  if (stopping_ || !succession_.is_due(holder->has_value(), coordinator_.has_value(), now)) return false;
  return lead_if_wanted() == Succession::Step::leave;
}

bool StandIn::begin() {
  if (stopping_ || (!coordinator_ && lead_if_wanted() != Succession::Step::lead)) return false;
  for (const auto give_up = Clock::now() + kToBegin; coordinator_ && Clock::now() < give_up; take_output(50)) {
    const auto holder = holder_of(context_);
    if (holder && *holder) return true;
  }
  return false;
}

// On a network file system the store may be read by one process at a time: another one looks, and leads or is next.
Succession::Step StandIn::lead_if_wanted() {
  const Result<Standing> standing = standing_of(context_, {.sweep = {}, .gang = gang_});
  if (!standing) return Succession::Step::wait;
  const Succession::Step step = succession_.next(*standing);
  if (step == Succession::Step::lead) start(standing->first);
  if (step == Succession::Step::wait) {
    std::fprintf(stderr, "%d coordinators of this job led to no epoch; its workers wait for one of another job\n",
                 Succession::kMostStarts);
  }
  return step;
}

void StandIn::start(SweepId sweep) {
  std::fputs("no coordinator has the store: this job leads the run from now on\n", stderr);
  Result<Mpirun> started = Mpirun::start({.programs = program_folder(),
                                          .store = std::filesystem::absolute(context_.store),
                                          .sweep = sweep,
                                          .web = web_,
                                          .alone = true,
                                          .this_machine = this_machine_});
  if (!started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return;
  }
  out_of_time_ = false;
  coordinator_.emplace(Coordinator{std::move(*started), progress_view(context_)});
}

void StandIn::take_output(int milliseconds) {
  if (!coordinator_) return;
  coordinator_->view.feed(coordinator_->process.read_output(milliseconds));
  if (!coordinator_->process.ended()) return;
  coordinator_->view.finish();
  out_of_time_ = coordinator_->view.out_of_time();
  coordinator_.reset();
  leads_ = false;
}

void StandIn::request_pause() {
  stopping_ = true;
  if (coordinator_) coordinator_->process.request_pause();
}

void StandIn::kill() {
  if (coordinator_) coordinator_->process.kill();
}

void StandIn::settle() {
  for (const auto give_up = Clock::now() + kSettle; coordinator_ && leads_ && Clock::now() < give_up;) take_output(50);
}

bool StandIn::wait_for_end() {
  StopSignals signals;
  while (coordinator_ && leads_) {
    take_output(50);
    const int signal = signals.next();
    if (signal == 0) continue;
    if (!stopping_) {
      request_pause();
    } else if (signal == SIGINT) {
      kill();
    }
  }
  return stopping_;
}

}  // namespace mer::cli
