// Submit: a prepared sweep goes into a store.
//
// Threads: one. Errors: as ResultWriter::submit and materialise().
#pragma once

#include <filesystem>

#include "cli/prepare.hpp"
#include "core/result.hpp"
#include "storage/sqlite_store.hpp"

namespace mer::cli {

// REQUIRES: the store's lock is held.
Result<SweepId> submit_here(Prepared& prepared, const storage::StoreDir& store, storage::SqliteStore& writer,
                            const SubmitOptions& options);

// Takes the store's lock for it, and gives it back.
Result<SweepId> submit(Prepared& prepared, const std::filesystem::path& folder, const SubmitOptions& options);

struct Submitted {
  SweepId sweep;
  bool running = false;  // by the coordinator that holds the store
};
// Here, or by the coordinator that holds the store.
Result<Submitted> submit_anywhere(Prepared& prepared, const std::filesystem::path& folder,
                                  const SubmitOptions& options);

}  // namespace mer::cli
