// Work: from a sweep in the store to its results on the screen; what `run` and `work` share.
//
// Threads: one. Errors: printed; the exit code says what kind.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/allocation.hpp"
#include "cli/commands.hpp"
#include "cli/gpus.hpp"
#include "storage/result_store.hpp"

namespace mer::cli {

// A sweep to work on. Without a name, of the active ones with trials left the one that goes first: of the highest
// priority the oldest; nullopt: there is none.
struct Chosen {
  SweepId id;
  ResourceSettings resources;
};
Result<std::optional<Chosen>> choose(const Context& context, const std::string& name);

// Where this machine, or a job of Slurm on its nodes, trains what asks for these resources, and with how many workers.
struct Workplace {
  TrainingPlace place;
  int workers = 1;
  std::vector<Node> nodes;  // empty: this machine
  bool excluded = false;    // from the store, all of it: nothing else here has a meaning then
};
enum class IfExcluded { leave, train };
// Without the job's nodes that are excluded from the store, which it names on standard error. Where no other one is
// left, `if_excluded` says whether they train nevertheless.
Result<Workplace> workplace_of(const Context& context, const ResourceSettings& resources, int asked,
                               IfExcluded if_excluded);

// Whether every node of this process's job, or this machine, is excluded from the store, which is said then.
bool is_excluded(const Context& context);

// The sweep's results, and what there is to say of trials without one; the exit code says whether there are some.
ExitCode show_end(const Context& context, SweepId sweep, const storage::StateCounts& counts);

// Trains what the sweep has left, and shows its results.
ExitCode work_on(const Context& context, SweepId sweep, const ResourceSettings& resources, const Workplace& workplace,
                 bool web);

}  // namespace mer::cli
