// Which nodes of a job get trials of a store: those that are not excluded from it (storage/excluded_nodes.hpp).
//
// Threads: pure functions. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "cli/allocation.hpp"
#include "storage/excluded_nodes.hpp"

namespace mer::cli {

struct UsableNodes {
  std::vector<Node> nodes;                      // in the order given
  std::vector<storage::ExcludedNode> left_out;  // those of the nodes given that are excluded, in their order
};
// Hosts are the same when their names are up to the first dot: Slurm knows a node by a short name, as a rule, and the
// node itself perhaps by a long one.
UsableNodes usable_nodes(const std::vector<Node>& nodes, const std::vector<storage::ExcludedNode>& excluded);

}  // namespace mer::cli
