// Join: workers of this job for a run that a coordinator elsewhere leads: they join it through a gateway (mer-gateway).
//
// Threads: one. Errors: printed; the exit code says what kind.
#pragma once

#include <optional>

#include "cli/commands.hpp"
#include "cli/mpirun.hpp"
#include "cli/sweep_run.hpp"
#include "core/result.hpp"
#include "storage/endpoint.hpp"

namespace mer::cli {

// The coordinator that holds the store and lets workers of other jobs join; nullopt: there is none. Waits some seconds
// for one that begins. Error unavailable: it lets in processes of its own machine only, and runs on another one.
Result<std::optional<storage::Endpoint>> run_to_join(const Context& context);

// Nobody on another machine can join there.
bool is_own_machine_only(const storage::GatewayDoor& door);

struct JoinOptions {
  int workers = 0;  // as WorkOptions
  JoinLimits limits = {};
  StandIn* stand_in = nullptr;  // as JoiningWorkers'
};
// Until the run lets these workers go, or has lost them: done; paused: a signal has made them leave; idle: they had
// nothing to do; excluded: no node of this job gets trials, from the start or since it failed them.
ExitCode join_run(const Context& context, const JoinOptions& options, const storage::Endpoint& run);

// After it: the sweep's results, if it is complete; else unreachable: the run has ended, or has lost these workers.
// gang: as LocalRun's.
ExitCode show_after_join(const Context& context, SweepId sweep, int gang);

}  // namespace mer::cli
