// What `merctl status` says.
//
// Threads: one. Errors: the reader's; not_found names the nearest sweep.
#pragma once

#include <string>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::cli {

struct StatusText {
  std::string text;    // whole lines, in the format that was asked for
  bool empty = false;  // a table of no sweeps
  bool ended = false;  // a sweep was named, and every trial of it has ended
};

// In place of an empty table.
std::string none_text(const StatusOptions& options);

// Counts of all sweeps, or of one, and which of its trials run or ended badly, or have the tag. Formats: table, json,
// quiet.
Result<StatusText> status_text(storage::ResultReader& reader, const StatusOptions& options, Format format);

// "6 trials: 4 done, 1 failed, 1 pending".
std::string counts_text(const storage::StateCounts& counts);

}  // namespace mer::cli
