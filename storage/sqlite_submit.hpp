// A sweep's rows: found again, or made. Inside the caller's transaction.
//
// Threads: as the connection. Errors: as SqliteDb; the caller rolls back.
#pragma once

#include <cstdint>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "storage/sqlite_db.hpp"

namespace mer::storage {

// What ResultWriter::submit promises. REQUIRES: a write transaction.
Result<SweepId> submit_sweep(SqliteDb& db, const Submission& submission);

// What ResultReader::count_reusable promises.
Result<std::int64_t> count_reusable_trials(SqliteDb& db, const Submission& submission);

}  // namespace mer::storage
