#include "storage/sqlite_rows.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include "core/enum_names.hpp"
#include "core/scores.hpp"
#include "storage/codec.hpp"
#include "storage/lookup.hpp"

namespace mer::storage {

const char* const kInsertEpoch =
    "INSERT INTO epochs (trial, attempt, split, epoch, utterances, wa, ua, macro_f1, weighted_f1, confusion, total, "
    "task, auxiliary, subspace, similarity, difference, reconstruction, cycle, gradient_norm, learning_rate, "
    "auxiliary_by_modality, kinds) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING";

const char* const kEpochColumns =
    "split, epoch, utterances, confusion, auxiliary_by_modality, kinds, total, task, auxiliary, subspace, similarity, "
    "difference, reconstruction, cycle, gradient_norm, learning_rate";

namespace {

// The measured numbers of a row in the order of their columns, in both statements above.
constexpr std::array<const char*, 10> kMeasured = {"total",         "task",         "auxiliary",      "subspace",
                                                   "similarity",    "difference",   "reconstruction", "cycle",
                                                   "gradient_norm", "learning_rate"};

std::array<std::optional<double>, kMeasured.size()> measured_of(const EpochRow& row) {
  const LossComponents& losses = row.losses;
  return {losses.total,      losses.task,           losses.auxiliary, losses.subspace,   losses.similarity,
          losses.difference, losses.reconstruction, losses.cycle,     row.gradient_norm, row.learning_rate};
}

bool is_plain(double value) {
  return std::isfinite(value) && !(value == 0 && std::signbit(value));
}

// What a REAL column cannot keep; empty when there is nothing of the kind.
std::map<std::string, double> kinds_of(const std::array<std::optional<double>, kMeasured.size()>& values) {
  std::map<std::string, double> kinds;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] && !is_plain(*values[i])) kinds.emplace(kMeasured[i], *values[i]);
  }
  return kinds;
}

Status apply_kinds(const std::string& text, std::array<std::optional<double>, kMeasured.size()>& values) {
  MER_ASSIGN(const auto kinds, kinds_from_json(text));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (const auto kind = kinds.find(kMeasured[i]); kind != kinds.end()) values[i] = kind->second;
  }
  return {};
}

template <class T>
Result<T> known(std::optional<T> value, const char* what, const std::string& name) {
  if (value) return *value;
  return Error{ErrorCode::corrupt, "mer.db: unknown " + std::string(what) + " \"" + name + '"'};
}

}  // namespace

Status insert_epoch(Statement& insert, std::int64_t trial, int attempt, const EpochRow& row) {
  MER_ASSIGN(const std::string confusion, pack_confusion(row.confusion));
  const auto values = measured_of(row);
  const auto kinds = kinds_of(values);
  insert.bind(trial, attempt, name_of(row.split), row.epoch, row.utterances);
  bind_scores(insert, 6, scores_of(row.confusion));
  insert.bind_one(10, Blob{confusion});
  int index = 11;
  for (const auto& value : values) {
    // Infinity would fit, but then sums and means over the column would be infinite without a word.
    insert.bind_one(index++, value && std::isfinite(*value) ? value : std::nullopt);
  }
  if (row.losses.auxiliary_by_modality.empty()) {
    insert.bind_one(index++, std::nullopt);
  } else {
    insert.bind_one(index++, doubles_to_json(row.losses.auxiliary_by_modality));
  }
  if (kinds.empty()) {
    insert.bind_one(index, std::nullopt);
  } else {
    insert.bind_one(index, kinds_to_json(kinds));
  }
  return insert.run();
}

Result<EpochRow> read_epoch(const Statement& statement) {
  EpochRow row;
  MER_ASSIGN(row.split, read_split(statement.text(0)));
  row.epoch = statement.small(1);
  row.utterances = statement.integer(2);
  MER_ASSIGN(row.confusion, unpack_confusion(statement.blob(3)));
  if (!statement.is_null(4)) {
    MER_ASSIGN(row.losses.auxiliary_by_modality, doubles_from_json(statement.text(4)));
  }
  std::array<std::optional<double>, kMeasured.size()> values;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = statement.optional_real(6 + static_cast<int>(i));
  if (!statement.is_null(5)) MER_TRY(apply_kinds(statement.text(5), values));
  if (!values[0] || !values[1]) return Error{ErrorCode::corrupt, "epochs: a row without its total or task loss"};
  row.losses.total = *values[0];
  row.losses.task = *values[1];
  row.losses.auxiliary = values[2];
  row.losses.subspace = values[3];
  row.losses.similarity = values[4];
  row.losses.difference = values[5];
  row.losses.reconstruction = values[6];
  row.losses.cycle = values[7];
  row.gradient_norm = values[8];
  row.learning_rate = values[9];
  return row;
}

void bind_scores(Statement& statement, int first, const Scores& scores) {
  statement.bind_one(first, scores.wa);
  statement.bind_one(first + 1, scores.ua);
  statement.bind_one(first + 2, scores.macro_f1);
  statement.bind_one(first + 3, scores.weighted_f1);
}

std::int64_t to_column(std::uint64_t seed) {
  return std::bit_cast<std::int64_t>(seed);
}
std::uint64_t seed_from_column(std::int64_t value) {
  return std::bit_cast<std::uint64_t>(value);
}

Result<TrialState> read_state(const std::string& name) {
  return known(trial_state_from(name), "state", name);
}
Result<Split> read_split(const std::string& name) {
  return known(split_from(name), "split", name);
}
Result<SelectionRule> read_rule(const std::string& name) {
  return known(selection_rule_from(name), "rule", name);
}
Result<Metric> read_metric(const std::string& name) {
  return known(metric_from(name), "metric", name);
}
Result<Failure::Kind> read_failure_kind(const std::string& name) {
  return known(enum_from<Failure::Kind>(name), "kind of failure", name);
}
Result<Outcome> read_outcome(const std::string& name) {
  return known(outcome_from(name), "outcome", name);
}
Result<SweepActivity> read_activity(const std::string& name) {
  return known(sweep_activity_from(name), "activity", name);
}

Status SettingsCache::fill(SqliteDb& db, std::int64_t number, TrialSpec& spec) {
  auto known = settings_.find(number);
  if (known == settings_.end()) {
    MER_ASSIGN(Statement query, db.prepare("SELECT model, train FROM trial_settings WHERE settings = ?"));
    MER_ASSIGN(const bool row, query.bind(number).step());
    if (!row) return Error{ErrorCode::corrupt, "mer.db: trial settings " + std::to_string(number) + " are missing"};
    MER_ASSIGN(ModelSettings model, model_from_json(query.text(0)));
    MER_ASSIGN(TrainSettings train, train_from_json(query.text(1)));
    known = settings_.emplace(number, std::make_pair(std::move(model), std::move(train))).first;
  }
  spec.model = known->second.first;
  spec.train = known->second.second;
  return {};
}

const char* const kAmongConfigurations = "(:only = '[]' OR s.configuration IN (SELECT value FROM json_each(:only)))";

Status check_sweep(SqliteDb& db, SweepId sweep) {
  MER_ASSIGN(Statement query, db.prepare("SELECT 1 FROM sweeps WHERE sweep = ?"));
  MER_ASSIGN(const bool found, query.bind(sweep.number).step());
  return found ? Status() : Status(no_sweep(std::to_string(sweep.number), {}));
}

Result<std::vector<CheckpointRecord>> read_checkpoints(SqliteDb& db, std::int64_t trial, const TrialId& id) {
  std::vector<CheckpointRecord> checkpoints;
  MER_ASSIGN(Statement query, db.prepare("SELECT attempt, epoch, file, sha256, bytes FROM checkpoints WHERE trial = ? "
                                         "ORDER BY attempt DESC, epoch DESC LIMIT 2"));
  MER_TRY(query.bind(trial).each([&](const Statement& row) {
    checkpoints.push_back({id, row.small(0), row.small(1), row.text(2), row.text(3), row.integer(4)});
  }));
  return checkpoints;
}

}  // namespace mer::storage
