// What `merctl status` says.
//
// Threads: one. Errors: the reader's; not_found names the nearest sweep.
#pragma once

#include <string>

#include "cli/context.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::cli {

struct StatusText {
  std::string text;    // whole lines, in the format that was asked for
  bool empty = false;  // a table of no sweeps
  bool ended = false;  // a sweep was named, and every trial of it has ended
};

inline constexpr const char* kNoSweeps = "no sweeps yet; start one with `merctl run SWEEP.json`\n";

// Counts of all sweeps (`sweep` is empty), or of one, and which of its trials run or ended badly. Formats: table, json,
// quiet.
Result<StatusText> status_text(storage::ResultReader& reader, const std::string& sweep, Format format);

// "6 trials: 4 done, 1 failed, 1 pending".
std::string counts_text(const storage::StateCounts& counts);

}  // namespace mer::cli
