// Excluded nodes, as people read of them.
//
// Threads: one; pure but for reading the store. Errors: none.
#pragma once

#include <string>
#include <vector>

#include "storage/excluded_nodes.hpp"

namespace mer::cli {

// A table; empty: there are none.
std::string nodes_text(const std::vector<storage::ExcludedNode>& nodes);

// "node n3 is excluded: 3 trials in a row failed there, last: ...".
std::string sentence_of(const storage::ExcludedNode& node);

}  // namespace mer::cli
