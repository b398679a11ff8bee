// Annotations in SQL: what a control writes on sweeps and trials.
//
// Threads: as the connection. Errors: invalid: too many tags; else as SqliteDb.
#pragma once

#include "core/result.hpp"
#include "storage/control.hpp"
#include "storage/sqlite_db.hpp"

namespace mer::storage {

// REQUIRES: a write transaction; a control that check_control() accepts, of a verb that annotates; what it names is
// there. The annotation that stands now, on the last of several trials.
Result<Annotation> annotate(SqliteDb& db, const Control& control);

}  // namespace mer::storage
