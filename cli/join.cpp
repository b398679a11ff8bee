#include "cli/join.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include "cli/output.hpp"
#include "cli/stand_in.hpp"
#include "cli/sweep_run.hpp"
#include "cli/work.hpp"
#include "core/host_name.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{10};  // a coordinator that has the store's lock says soon where it is
constexpr std::chrono::milliseconds kPause{100};

// The endpoint of the store's holder; nullopt: it has none (yet), or what stands there is a killed one's.
std::optional<storage::Endpoint> endpoint_of(const storage::StoreDir& store, const storage::LockHolder& holder) {
  const Result<storage::Endpoint> endpoint = storage::read_endpoint(store);
  if (!endpoint || !storage::belongs_to(*endpoint, holder)) return std::nullopt;
  return *endpoint;
}

Result<std::optional<storage::Endpoint>> usable(storage::Endpoint run) {
  if (!run.gateway) return std::optional<storage::Endpoint>();
  if (is_own_machine_only(*run.gateway) && run.host != host_name()) {
    return Error{ErrorCode::unavailable, "the run on this store, of " + run.host + " (process " +
                                             std::to_string(run.pid) +
                                             "), takes workers of that machine only; started with "
                                             "MER_GATEWAY_ADDRESS='*' it takes those of others"};
  }
  return std::optional(std::move(run));
}

ResourceSettings resources_of(const storage::GatewayDoor& door) {
  ResourceSettings resources;
  resources.device = door.device;
  resources.gpu_fraction = door.gpu_fraction;
  resources.gpus_per_trial = door.gpus_per_trial;
  resources.threads = door.threads;
  return resources;
}

}  // namespace

bool is_own_machine_only(const storage::GatewayDoor& door) {
  return door.address == "localhost" || door.address.starts_with("127.");
}

Result<std::optional<storage::Endpoint>> run_to_join(const Context& context) {
  MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::open(context.store));
  for (const auto give_up = Clock::now() + kPatience; Clock::now() < give_up; std::this_thread::sleep_for(kPause)) {
    MER_ASSIGN(const auto holder, storage::StoreLock::holder(store));
    if (!holder) break;
    if (auto run = endpoint_of(store, *holder)) return usable(std::move(*run));
  }
  return std::optional<storage::Endpoint>();
}

ExitCode join_run(const Context& context, const JoinOptions& options, const storage::Endpoint& run) {
  const Result<Workplace> workplace =
      workplace_of(context, resources_of(*run.gateway), options.workers, IfExcluded::leave);
  if (!workplace) return report(context, workplace.error());
  if (workplace->excluded) return ExitCode::excluded;
  std::fprintf(stderr, "joining the run of %s (process %ld) with %d workers\ntraining on %s\n", run.host.c_str(),
               long(run.pid), workplace->workers, workplace->place.text.c_str());
  if (options.stand_in != nullptr) options.stand_in->follow(run);
  const Result<LaunchEnd> end = join_once(context, {.workers = workplace->workers,
                                                    .nodes = workplace->nodes,
                                                    .gang = run.gateway->gpus_per_trial,
                                                    .limits = options.limits,
                                                    .stand_in = options.stand_in});
  if (!end) return report(context, end.error());
  if (*end == LaunchEnd::idle) return ExitCode::idle;
  if (*end == LaunchEnd::ended && is_excluded(context)) return ExitCode::excluded;
  if (*end != LaunchEnd::ended) {
    std::fputs("the run goes on without these workers; the same command joins it again\n", stderr);
    return ExitCode::paused;
  }
  return ExitCode::done;
}

ExitCode show_after_join(const Context& context, SweepId sweep, int gang) {
  const Result<Standing> standing = standing_of(context, {.sweep = sweep, .gang = gang});
  if (!standing) return report(context, standing.error());
  if (standing->counts.left() == 0) return show_end(context, sweep, standing->counts);
  std::fprintf(stderr,
               "the run that these workers joined has ended, or has lost them (see above); "
               "%ld trials of sweep %ld are left\n",
               long(standing->counts.left()), long(sweep.number));
  return ExitCode::unreachable;
}

}  // namespace mer::cli
