// Control in SQL: what a verb makes of sweeps and trials in mer.db.
//
// Threads: as the connection. Errors: not_found for a sweep or trial that is not there; else as SqliteDb.
#pragma once

#include "core/result.hpp"
#include "storage/control.hpp"
#include "storage/sqlite_db.hpp"

namespace mer::storage {

// REQUIRES: a write transaction; a control that check_control() accepts.
Result<Controlled> apply_control(SqliteDb& db, const Control& control);

}  // namespace mer::storage
