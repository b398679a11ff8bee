// coordinator: leads a run whose workers come from other jobs; on a login or service node, too.
#include <cstdio>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/store_access.hpp"
#include "cli/sweep_run.hpp"
#include "cli/work.hpp"
#include "core/host_name.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

// Of a run that goes on this command would wait for the end.
Status check_nobody_leads(const storage::StoreDir& store) {
  MER_ASSIGN(const auto holder, storage::StoreLock::holder(store));
  if (!holder) return {};
  return Error{ErrorCode::busy, store.path().string() + ": process " + std::to_string(holder->pid) + " on " +
                                    holder->host + " works on it already; `merctl work` brings it workers"};
}

Result<LaunchEnd> lead(const Context& context, const CoordinatorOptions& options, const std::optional<Chosen>& sweep) {
  LocalRun run{.sweep = sweep ? sweep->id : SweepId{},
               .gang = sweep ? sweep->resources.gpus_per_trial : 1,
               .web = options.web,
               .alone = true,
               .stay = options.stay};
  std::fprintf(stderr, "coordinating on %s, without workers; `merctl work` in other jobs brings them\nstore %s\n",
               host_name().c_str(), context.store.c_str());
  return run_to_the_end(context, run);
}

}  // namespace

ExitCode coordinator_command(const Context& context, const CoordinatorOptions& options) {
  if (!plain_format(context, "coordinator")) return ExitCode::usage;
  const Result<storage::StoreDir> store = storage::StoreDir::open(context.store);
  if (!store) return report(context, store.error());
  if (const Status free = check_nobody_leads(*store); !free) return report(context, free.error());
  const Result<std::optional<Chosen>> sweep = choose(context, options.sweep);
  if (!sweep) return report(context, sweep.error());
  if (!*sweep && !options.stay) {
    std::fputs("no trial of an active sweep waits\n", stderr);
    return ExitCode::done;
  }
  const Result<LaunchEnd> end = lead(context, options, *sweep);
  if (!end) return report(context, end.error());
  if (*end != LaunchEnd::ended) {
    std::fputs("paused; the same command resumes\n", stderr);
    return ExitCode::paused;
  }
  if (!*sweep) return ExitCode::done;
  const Result<Standing> standing = standing_of(context, {.sweep = (*sweep)->id});
  if (!standing) return report(context, standing.error());
  return show_end(context, (*sweep)->id, standing->counts);
}

}  // namespace mer::cli
