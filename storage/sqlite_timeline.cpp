// The part of SqliteReader that reads timelines.
#include <string>
#include <utility>

#include "storage/sqlite_db.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_rows.hpp"

namespace mer::storage {
namespace {

// Every entry of sweep ?1, as little of it as puts them in order.
const char* const kEntries =
    "WITH entry (trial, position, attempt, started_at) AS ("
    "SELECT s.trial, s.position, a.attempt, a.started_at FROM sweeps w JOIN sweep_trials s USING (sweep) "
    "JOIN attempts a USING (trial) WHERE s.sweep = ?1 AND (NOT s.reused OR a.started_at >= w.submitted_at) "
    "UNION ALL SELECT s.trial, s.position, 0, NULL FROM sweep_trials s JOIN trials t USING (trial) "
    "WHERE s.sweep = ?1 AND t.state IN ('pending', 'cancelled')) ";

// ?2 of them after the first ?3. What they waited since is the end of the attempt before, or the submission.
const char* const kPage =
    ", page AS (SELECT * FROM entry ORDER BY started_at IS NULL, started_at, position, attempt LIMIT ?2 OFFSET ?3) "
    "SELECT t.id, s.configuration, s.fold, t.seed, e.attempt, a.worker, a.host, a.gateway, max(w.submitted_at, "
    "coalesce((SELECT b.ended_at FROM attempts b WHERE b.trial = e.trial AND b.attempt = "
    "CASE e.attempt WHEN 0 THEN t.attempt ELSE e.attempt - 1 END), 0)), a.started_at, a.ended_at, "
    "coalesce(a.outcome, t.state), coalesce(a.resumed_epoch, 0), CASE WHEN a.failure_message IS NOT NULL THEN "
    "a.failure_message WHEN e.attempt IN (0, t.attempt) THEN t.message ELSE '' END "
    "FROM page e JOIN sweeps w ON w.sweep = ?1 JOIN sweep_trials s ON s.sweep = ?1 AND s.position = e.position "
    "JOIN trials t ON t.trial = e.trial LEFT JOIN attempts a ON a.trial = e.trial AND a.attempt = e.attempt "
    "ORDER BY e.started_at IS NULL, e.started_at, e.position, e.attempt";

TimelineEntry read_entry(const Statement& row) {
  TimelineEntry entry;
  entry.trial.hex = row.text(0);
  entry.configuration = row.small(1);
  entry.fold = row.small(2);
  entry.seed = seed_from_column(row.integer(3));
  entry.attempt = row.small(4);
  if (entry.attempt > 0) {
    entry.worker = row.small(5);
    entry.host = row.text(6);
    entry.group = row.text(7);
  }
  entry.started_at = row.optional_real(9);
  entry.ended_at = row.optional_real(10);
  const double free_at = row.real(8);
  if (!entry.started_at || free_at <= *entry.started_at) entry.queued_at = free_at;
  entry.outcome = row.text(11);
  entry.resumed_epoch = row.small(12);
  entry.message = row.text(13);
  return entry;
}

}  // namespace

Result<Timeline> SqliteReader::timeline(SweepId id, std::int64_t offset, std::int64_t limit) {
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::read));
  MER_TRY(check_sweep(*db_, id));
  Timeline timeline;
  MER_ASSIGN(Statement count, db_->prepare(std::string(kEntries) + "SELECT count(*) FROM entry"));
  MER_TRY(count.bind(id.number).step());
  timeline.total = count.integer(0);
  MER_ASSIGN(Statement query, db_->prepare(std::string(kEntries) + kPage));
  query.bind(id.number, limit == 0 ? std::int64_t{-1} : limit, offset);
  MER_TRY(query.each([&](const Statement& row) { timeline.entries.push_back(read_entry(row)); }));
  return timeline;
}

}  // namespace mer::storage
