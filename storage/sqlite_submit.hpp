// A sweep's rows: found again, or made. Inside the caller's transaction.
//
// Threads: as the connection. Errors: as SqliteDb; the caller rolls back.
#pragma once

#include <optional>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "storage/sqlite_db.hpp"

namespace mer::storage {

// The newest sweep with this name, resolved text and trials (their ids cover corpora and folds).
Result<std::optional<SweepId>> find_submission(SqliteDb& db, const Submission& submission);

Result<SweepId> insert_submission(SqliteDb& db, const Submission& submission);

}  // namespace mer::storage
