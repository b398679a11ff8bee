#include "storage/migrations.hpp"

#include <cstdint>
#include <string>

#include "storage/sqlite_db.hpp"

namespace mer::storage {
namespace {

std::string versions(std::int64_t found, std::size_t ours) {
  return "its schema has version " + std::to_string(found) + ", this program knows " + std::to_string(ours);
}

Result<std::int64_t> version_of(SqliteDb& db) {
  MER_ASSIGN(const std::int64_t version, db.integer("PRAGMA user_version"));
  if (version != 0) return version;
  MER_ASSIGN(const std::int64_t tables, db.integer("SELECT count(*) FROM sqlite_master"));
  if (tables != 0) return invalid("mer.db: a database of another program; use another --store");
  return version;
}

Error newer(std::int64_t found, std::size_t ours) {
  return invalid("mer.db: made by a newer mer: " + versions(found, ours) + "; use that mer, or another --store");
}

}  // namespace

Status migrate(SqliteDb& db, std::span<const std::string_view> scripts) {
  MER_ASSIGN(const std::int64_t found, version_of(db));
  if (found < 0 || found > static_cast<std::int64_t>(scripts.size())) return newer(found, scripts.size());
  for (auto version = static_cast<std::size_t>(found); version < scripts.size(); ++version) {
    MER_ASSIGN(Transaction transaction, Transaction::begin(db, Transaction::Kind::write));
    MER_TRY(db.execute(std::string(scripts[version])));
    MER_TRY(db.execute("PRAGMA user_version = " + std::to_string(version + 1)));
    MER_TRY(transaction.commit());
  }
  return {};
}

Status check_version(SqliteDb& db, std::span<const std::string_view> scripts) {
  MER_ASSIGN(const std::int64_t found, version_of(db));
  if (found == static_cast<std::int64_t>(scripts.size())) return {};
  if (found > static_cast<std::int64_t>(scripts.size())) return newer(found, scripts.size());
  return invalid("mer.db: made by an older mer: " + versions(found, scripts.size()) +
                 "; `merctl run` with any sweep of it brings it up to date");
}

}  // namespace mer::storage
