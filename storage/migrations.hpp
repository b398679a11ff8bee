// Migrations: brings mer.db to this program's schema version, forward only. The version is `PRAGMA user_version`.
//
// Threads: as the connection. Errors: invalid when the file belongs to a newer mer or to another program; else as
// SqliteDb. A migration that fails leaves the version before it.
#pragma once

#include <span>
#include <string_view>

#include "core/result.hpp"

namespace mer::storage {

class SqliteDb;

// The scripts of storage/schema in order: script i leads from version i to version i + 1.
std::span<const std::string_view> schema_scripts();

Status migrate(SqliteDb& db, std::span<const std::string_view> scripts);

// For a read-only connection: Error invalid unless the file has exactly this program's version.
Status check_version(SqliteDb& db, std::span<const std::string_view> scripts);

}  // namespace mer::storage
