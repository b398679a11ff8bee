// The nodes that get no trials of a store, since they failed one after the other, or since a person said so:
// nodes/<host>.json, one small file each.
//
// Files, not rows of the database: the coordinator looks at them every few seconds, and people change them while it
// runs. Threads: one. Errors: invalid: a name that no host has; io and its like. A file of other content excludes
// nothing.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "storage/store_dir.hpp"

namespace mer::storage {

struct ExcludedNode {
  std::string host;
  double since = 0;  // Unix time
  std::string why;   // "3 trials in a row failed there, last: ..."
};

std::vector<ExcludedNode> excluded_nodes(const StoreDir& store);  // by host
Status exclude_node(const StoreDir& store, const ExcludedNode& node);
// False: it was not excluded.
Result<bool> include_node(const StoreDir& store, const std::string& host);

}  // namespace mer::storage
