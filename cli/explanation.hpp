// Explanation: why a trial waits, runs or has ended, in sentences: from what the store knows, and from what the
// coordinator that holds it says.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/excluded_nodes.hpp"
#include "storage/result_store.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {

struct TrialFacts {
  storage::TrialDetail detail;
  std::vector<storage::SweepSummary> sweeps;         // that contain it
  int max_attempts = 0;                              // of the first of them
  int gang = 1;                                      // workers that train it together
  std::optional<storage::LockHolder> holder;         // of the store's lock
  std::vector<storage::ExcludedNode> excluded = {};  // nodes
  std::optional<std::string> standing;               // what the coordinator says: JSON (docs/http.md, explain)
};

std::vector<std::string> reasons_of(const TrialFacts& facts);

}  // namespace mer::cli
