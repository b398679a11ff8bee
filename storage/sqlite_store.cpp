#include "storage/sqlite_store.hpp"

#include <filesystem>
#include <set>
#include <sqlite3.h>
#include <utility>
#include <vector>

#include "storage/migrations.hpp"
#include "storage/sqlite_commit.hpp"
#include "storage/sqlite_control.hpp"
#include "storage/sqlite_db.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/sqlite_submit.hpp"
#include "storage/transition.hpp"

namespace mer::storage {
namespace {

Status check_lease(SqliteDb& db, std::int64_t lease) {
  MER_ASSIGN(const std::int64_t current, db.integer("SELECT lease FROM store"));
  if (current == lease) return {};
  return Error{ErrorCode::stale, "another coordinator has taken over this store (lease " + std::to_string(current) +
                                     ", ours is " + std::to_string(lease) + "): this one must end"};
}

Status raise_version(SqliteDb& db) {
  MER_ASSIGN(Statement raise, db.prepare("UPDATE store SET changes = changes + 1"));
  return raise.run();
}

}  // namespace

std::string sqlite_version() {
  return sqlite3_libversion();
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const StoreDir& store) {
  MER_ASSIGN(std::shared_ptr<SqliteDb> db,
             SqliteDb::open(store.database(), {.read_only = false, .network = store.file_system().network}));
  MER_TRY(migrate(*db, schema_scripts()));
  MER_ASSIGN(const std::int64_t lease, db->integer("SELECT lease FROM store"));
  return std::unique_ptr<SqliteStore>(new SqliteStore(store, std::move(db), lease));
}

Result<SweepId> SqliteStore::submit(const Submission& submission) {
  MER_TRY(check_submission(submission));
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::write));
  MER_TRY(check_lease(*db_, lease_));
  MER_ASSIGN(const SweepId sweep, submit_sweep(*db_, submission));
  MER_TRY(raise_version(*db_));
  MER_TRY(transaction.commit());
  return sweep;
}

Status SqliteStore::begin_session(const std::string& host, std::int64_t pid, double at) {
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::write));
  {
    MER_ASSIGN(Statement lease, db_->prepare("UPDATE store SET lease = lease + 1, host = ?1, pid = ?2, began_at = ?3, "
                                             "heartbeat = ?3, changes = changes + 1"));
    MER_TRY(lease.bind(host, pid, at).run());
    MER_ASSIGN(Statement lost,
               db_->prepare("UPDATE attempts SET outcome = 'lost', ended_at = ? WHERE gateway = '' AND "
                            "(trial, attempt) IN (SELECT trial, attempt FROM trials WHERE state = 'running')"));
    MER_TRY(lost.bind(at).run());
  }
  MER_TRY(
      db_->execute("UPDATE trials SET state = 'pending', crashes = max(0, crashes - 1) WHERE state = 'running' AND "
                   "coalesce((SELECT gateway FROM attempts a WHERE (a.trial, a.attempt) = (trials.trial, "
                   "trials.attempt)), '') = ''"));
  MER_ASSIGN(const std::int64_t lease, db_->integer("SELECT lease FROM store"));
  MER_ASSIGN(const std::vector<TrialId> spent, spent_checkpoints());
  MER_TRY(transaction.commit());
  lease_ = lease;
  remove_checkpoints(spent);
  return {};
}

// What a coordinator that was killed between a commit and its deletions left.
Result<std::vector<TrialId>> SqliteStore::spent_checkpoints() {
  MER_ASSIGN(Statement query, db_->prepare("SELECT 1 FROM trials WHERE id = ? AND state = 'done'"));
  std::vector<TrialId> spent;
  std::error_code ignored;
  std::filesystem::directory_iterator folder(store_.checkpoints(), ignored);
  for (; folder != std::filesystem::directory_iterator(); folder.increment(ignored)) {
    TrialId trial{folder->path().filename().string()};
    MER_ASSIGN(const bool done, query.bind(trial.hex).step());
    if (done) spent.push_back(std::move(trial));
  }
  return spent;
}

void SqliteStore::remove_checkpoints(const std::vector<TrialId>& trials) {
  for (const TrialId& trial : trials) {
    std::error_code ignored;  // the next session tries again
    std::filesystem::remove_all(store_.checkpoints() / trial.hex, ignored);
  }
}

Status SqliteStore::beat(double at) {
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::write));
  MER_TRY(check_lease(*db_, lease_));
  MER_ASSIGN(Statement beat, db_->prepare("UPDATE store SET heartbeat = ?"));
  MER_TRY(beat.bind(at).run());
  return transaction.commit();
}

Result<CommitOutcome> SqliteStore::commit(std::span<const StoreWrite> writes) {
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::write));
  MER_TRY(check_lease(*db_, lease_));
  CommitOutcome outcome;
  CommitBatch batch(*db_);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    MER_ASSIGN(const bool accepted, batch.apply(writes[i]));
    if (!accepted) outcome.stale.push_back(i);
  }
  MER_TRY(raise_version(*db_));
  MER_TRY(transaction.commit());
  remove_checkpoints(batch.finished());
  return outcome;
}

Result<Controlled> SqliteStore::control(const Control& control) {
  MER_TRY(check_control(control));
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::write));
  MER_TRY(check_lease(*db_, lease_));
  MER_ASSIGN(Controlled controlled, apply_control(*db_, control));
  MER_TRY(raise_version(*db_));
  MER_TRY(transaction.commit());
  return controlled;
}

Status SqliteStore::each_trial(SweepId sweep, const std::function<void(TrialProgress)>& take) {
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::read));
  MER_TRY(check_sweep(*db_, sweep));
  MER_ASSIGN(
      Statement query,
      db_->prepare("SELECT t.trial, t.id, c.configuration, t.fold, f.name, t.corpus, t.seed, t.settings, t.state, "
                   "t.attempt, t.crashes, a.gateway FROM sweep_trials s JOIN trials t USING (trial) "
                   "LEFT JOIN attempts a ON t.state = 'running' AND (a.trial, a.attempt) = (t.trial, t.attempt) "
                   "JOIN configurations c ON c.sweep = s.sweep AND c.position = s.configuration "
                   "JOIN folds f ON f.sweep = s.sweep AND f.position = s.fold "
                   "WHERE s.sweep = ? ORDER BY s.position"));
  SettingsCache settings;
  std::set<std::int64_t> seen;  // two configurations may share a trial: it is one piece of work
  return query.bind(sweep.number).each([&](const Statement& row) -> Status {
    if (!seen.insert(row.integer(0)).second) return {};
    TrialProgress trial;
    trial.spec.id.hex = row.text(1);
    trial.spec.configuration.hex = row.text(2);
    trial.spec.fold.hex = row.text(3);
    trial.spec.fold_name = row.text(4);
    trial.spec.corpus.hex = row.text(5);
    trial.spec.seed = seed_from_column(row.integer(6));
    if (Status filled = settings.fill(*db_, row.integer(7), trial.spec); !filled) return filled;
    MER_ASSIGN(trial.state, read_state(row.text(8)));
    trial.attempt = row.small(9);
    trial.crashes = row.small(10);
    if (trial.state == TrialState::running) trial.group = row.text(11);
    if (trial.attempt > 0 && trial.state != TrialState::done) {
      MER_ASSIGN(trial.checkpoints, read_checkpoints(*db_, row.integer(0), trial.spec.id));
    }
    take(std::move(trial));
    return {};
  });
}

}  // namespace mer::storage
