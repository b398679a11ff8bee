// Rows of mer.db that several files read or write: epochs, scores, checkpoints, names.
//
// Threads: as the connection. Errors: corrupt for a row that this program cannot have written; else as SqliteDb.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/records.hpp"
#include "core/result.hpp"
#include "core/trial.hpp"
#include "storage/control.hpp"
#include "storage/sqlite_db.hpp"
#include "storage/transition.hpp"

namespace mer::storage {

// Parameters: trial, attempt, then the row. A row that stands already is left as it is.
extern const char* const kInsertEpoch;
Status insert_epoch(Statement& insert, std::int64_t trial, int attempt, const EpochRow& row);

// The columns of epochs and of the view curve that read_epoch() wants, in its order.
extern const char* const kEpochColumns;
Result<EpochRow> read_epoch(const Statement& statement);

// Four columns wa, ua, macro_f1, weighted_f1 from `first` on.
void bind_scores(Statement& statement, int first, const Scores& scores);

// A seed is kept bit by bit in a signed column.
std::int64_t to_column(std::uint64_t seed);
std::uint64_t seed_from_column(std::int64_t value);

// Names in columns back to their values.
Result<TrialState> read_state(const std::string& name);
Result<Split> read_split(const std::string& name);
Result<SelectionRule> read_rule(const std::string& name);
Result<Metric> read_metric(const std::string& name);
Result<Failure::Kind> read_failure_kind(const std::string& name);
Result<Outcome> read_outcome(const std::string& name);
Result<SweepActivity> read_activity(const std::string& name);

// The settings of many trials, each text parsed once.
class SettingsCache {
 public:
  // Sets spec.model and spec.train to the settings of this number.
  Status fill(SqliteDb& db, std::int64_t number, TrialSpec& spec);

 private:
  std::map<std::int64_t, std::pair<ModelSettings, TrainSettings>> settings_;
};

// A condition on s.configuration; its parameter, the last one of a statement: integers_to_json() of Configurations.
extern const char* const kAmongConfigurations;

// Error not_found: no such sweep.
Status check_sweep(SqliteDb& db, SweepId sweep);

// Newest first, at most two.
Result<std::vector<CheckpointRecord>> read_checkpoints(SqliteDb& db, std::int64_t trial, const TrialId& id);

}  // namespace mer::storage
