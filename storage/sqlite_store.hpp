// SqliteStore: the ResultWriter over mer.db. docs/schema.md describes the tables.
//
// One process writes, with one connection: the caller holds the store's lock (StoreLock) for as long as it has a
// SqliteStore. Threads: one at a time; a reader that shares the connection (open_reader) may live in another thread.
// Errors: as result_store.hpp; corrupt: mer.db is damaged or not a database of mer; invalid: it was made by a newer
// mer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "storage/store_dir.hpp"

namespace mer::storage {

class SqliteDb;

// The linked library's, e.g. "3.40.1".
std::string sqlite_version();

// Deletes the checkpoint files of a trial once its end as done is committed.
class SqliteStore final : public ResultWriter {
 public:
  // Opens mer.db, makes it where it is missing, and brings an older schema up to date. WAL with synchronous=FULL on a
  // local disk; on a network file system a rollback journal with EXTRA and an exclusive lock.
  static Result<std::unique_ptr<SqliteStore>> open(const StoreDir& store);

  Result<SweepId> submit(const Submission& submission) override;
  Status begin_session(const std::string& host, std::int64_t pid, double at) override;
  Status beat(double at) override;
  Result<CommitOutcome> commit(std::span<const StoreWrite> writes) override;
  Result<Controlled> control(const Control& control) override;
  Status each_trial(SweepId sweep, const std::function<void(TrialProgress)>& take) override;

  // For open_reader().
  const std::shared_ptr<SqliteDb>& connection() const { return db_; }

 private:
  SqliteStore(StoreDir store, std::shared_ptr<SqliteDb> db, std::int64_t lease)
      : store_(std::move(store)), db_(std::move(db)), lease_(lease) {}
  Result<std::vector<TrialId>> spent_checkpoints();
  void remove_checkpoints(const std::vector<TrialId>& trials);

  StoreDir store_;
  std::shared_ptr<SqliteDb> db_;
  std::int64_t lease_;  // the lease number that every write checks
};

}  // namespace mer::storage
