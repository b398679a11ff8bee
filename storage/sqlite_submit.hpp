// insert_submission: the rows of a new sweep, inside the caller's transaction.
//
// Threads: as the connection. Errors: as SqliteDb; the caller rolls back.
#pragma once

#include "core/ids.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "storage/sqlite_db.hpp"

namespace mer::storage {

Result<SweepId> insert_submission(SqliteDb& db, const Submission& submission);

}  // namespace mer::storage
