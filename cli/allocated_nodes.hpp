// allocated_nodes: asks Slurm, whose job this may be, for its nodes.
//
// Threads: any that lets nobody change the environment. Errors: unavailable when scontrol does not answer, invalid in a
// heterogeneous job, and when what Slurm says does not fit together.
#pragma once

#include <vector>

#include "cli/allocation.hpp"
#include "core/result.hpp"

namespace mer::cli {

// Empty: this machine alone, in a job of one node as without Slurm.
Result<std::vector<Node>> allocated_nodes();

// Cores that this process may use, at least one. Not more than Slurm gave to its job, which a site may count but not
// enforce.
int allocated_cores();

}  // namespace mer::cli
