// CommitBatch: applies the writes of one commit() to the database, inside its transaction.
//
// Threads: as the connection. Errors: as SqliteDb; the caller rolls back.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "storage/sqlite_db.hpp"
#include "storage/transition.hpp"

namespace mer::storage {

class CommitBatch {
 public:
  explicit CommitBatch(SqliteDb& db) : db_(db) {}

  // False: the write is stale and nothing was changed.
  Result<bool> apply(const StoreWrite& write);

  // Trials that this batch has brought to their end: their checkpoint files are spent once it is committed.
  const std::vector<TrialId>& finished() const { return finished_; }

 private:
  struct Trial {
    std::int64_t number = 0;  // 0: not in the store
    TrialFacts facts;
  };

  Result<Trial*> find(const TrialId& id);
  Result<bool> apply(const Claim& claim);
  Result<bool> apply(const Recorded& recorded);
  Result<bool> apply(const Refunded& refunded);
  // The rows of this event stand in the store already.
  Result<bool> stands(const Trial& trial, const Report& report);

  Status write(const Trial& trial, int attempt, const AttemptStarted& started);
  Status write(const Trial& trial, int attempt, const EpochDone& done);
  Status write(const Trial& trial, int attempt, const CheckpointSaved& saved);
  Status write(const Trial& trial, int attempt, const AttemptFinished& finished);
  Status write(const Trial&, int, const AttemptDiverged&) { return {}; }
  Status write(const Trial&, int, const AttemptStopped&) { return {}; }
  Status write(const Trial& trial, int attempt, const AttemptFailed& failed);
  Status end_attempt(Trial& trial, const AttemptEnd& end, double at);

  SqliteDb& db_;
  std::unordered_map<TrialId, Trial> trials_;  // those that this batch has named
  std::vector<TrialId> finished_;
};

}  // namespace mer::storage
