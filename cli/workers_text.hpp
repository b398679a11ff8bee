// The workers of a running coordinator, as people read of them.
//
// Threads: pure, but for running_workers_text(), which asks the coordinator. Errors: none: who gets no answer has
// nothing to tell.
#pragma once

#include <string>
#include <vector>

#include "storage/store_dir.hpp"

namespace mer::cli {

// "0-3,8".
std::string cores_text(const std::vector<int>& cores);

// A table of what /api/v1/workers answered; empty: it tells of none, or is no such answer.
std::string workers_text(const std::string& answer);

// Of the coordinator that holds the store now; empty: nobody does, or it does not answer.
std::string running_workers_text(const storage::StoreDir& store);

}  // namespace mer::cli
