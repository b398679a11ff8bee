// What a store holds after a run, and whether it holds what the run's journal says (tests/faults/tiny_run.hpp).
//
// Threads: pure functions of the files. The database is read from a copy, so that what recovers it is the next run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mer::faults {

struct StoreState {
  std::string integrity;          // "ok", or what SQLite finds wrong; empty: there is no table yet
  std::vector<std::string> lost;  // what the journal says and the store does not hold, or counts twice
  // After a whole run:
  std::string content;      // everything that no interruption may change: rows and files, one a line
  std::string bookkeeping;  // what is wrong with the attempts
};
enum class Depth { acknowledged, everything };

std::vector<std::string> lines_of(const std::filesystem::path& file);

// network: a rollback journal, else WAL.
StoreState state_of(const std::filesystem::path& store, bool network, const std::vector<std::string>& journal,
                    Depth depth);

}  // namespace mer::faults
