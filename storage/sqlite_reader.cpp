#include "storage/sqlite_reader.hpp"

#include <utility>

#include "storage/codec.hpp"
#include "storage/lookup.hpp"
#include "storage/migrations.hpp"
#include "storage/sqlite_db.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/sqlite_submit.hpp"

namespace mer::storage {
namespace {

Result<Transaction> snapshot(SqliteDb& db) {
  return Transaction::begin(db, Transaction::Kind::read);
}

Status add_count(StateCounts& counts, const std::string& state, std::int64_t number) {
  MER_ASSIGN(const TrialState known, read_state(state));
  switch (known) {
    case TrialState::pending: counts.pending += number; break;
    case TrialState::running: counts.running += number; break;
    case TrialState::done: counts.done += number; break;
    case TrialState::failed: counts.failed += number; break;
    case TrialState::diverged: counts.diverged += number; break;
    case TrialState::cancelled: counts.cancelled += number; break;
  }
  return {};
}

Result<StateCounts> read_counts(SqliteDb& db, std::int64_t sweep) {
  StateCounts counts;
  MER_ASSIGN(Statement query, db.prepare("SELECT state, trials FROM state_counts WHERE sweep = ?"));
  MER_TRY(query.bind(sweep).each(
      [&](const Statement& row) -> Status { return add_count(counts, row.text(0), row.integer(1)); }));
  return counts;
}

const char* const kSummaries =
    "SELECT sweep, name, submitted_at, activity, priority, "
    "(SELECT count(DISTINCT trial) FROM sweep_trials r WHERE r.sweep = w.sweep AND r.reused), annotated, note, tags "
    "FROM sweeps w LEFT JOIN annotations a ON a.kind = 'sweep' AND a.target = CAST(w.sweep AS TEXT) ";

Result<SweepSummary> read_summary(SqliteDb& db, const Statement& row) {
  SweepSummary summary{{row.integer(0)}, row.text(1), row.real(2), {}, {}, row.small(4), row.integer(5)};
  summary.annotated = row.integer(6);
  summary.annotation = {row.text(7), words_of(row.text(8))};
  MER_ASSIGN(summary.activity, read_activity(row.text(3)));
  MER_ASSIGN(summary.counts, read_counts(db, row.integer(0)));
  return summary;
}

Result<std::vector<ConfigurationRow>> read_configurations(SqliteDb& db, std::int64_t sweep) {
  std::vector<ConfigurationRow> rows;
  MER_ASSIGN(Statement query, db.prepare("SELECT configuration, differing, settings FROM configurations "
                                         "WHERE sweep = ? ORDER BY position"));
  MER_TRY(query.bind(sweep).each([&](const Statement& row) -> Status {
    MER_ASSIGN(auto differing, differing_from_json(row.text(1)));
    rows.push_back({{row.text(0)}, std::move(differing), row.text(2)});
    return {};
  }));
  return rows;
}

Result<std::vector<FoldRecord>> read_folds(SqliteDb& db, std::int64_t sweep) {
  std::vector<FoldRecord> rows;
  MER_ASSIGN(Statement query, db.prepare("SELECT fold, name, train, validation, test, file FROM folds "
                                         "WHERE sweep = ? ORDER BY position"));
  MER_TRY(query.bind(sweep).each([&](const Statement& row) {
    rows.push_back({{row.text(0)}, row.text(1), row.integer(2), row.integer(3), row.integer(4), row.text(5)});
  }));
  return rows;
}

Result<std::vector<CorpusRecord>> read_corpora(SqliteDb& db, std::int64_t sweep) {
  std::vector<CorpusRecord> rows;
  MER_ASSIGN(Statement query, db.prepare("SELECT corpus, name, path, utterances, labels, facts FROM corpora "
                                         "WHERE sweep = ? ORDER BY position"));
  MER_TRY(query.bind(sweep).each([&](const Statement& row) -> Status {
    MER_ASSIGN(auto labels, strings_from_json(row.text(4)));
    rows.push_back({{row.text(0)}, row.text(1), row.text(2), row.integer(3), std::move(labels), row.text(5)});
    return {};
  }));
  return rows;
}

// The columns of a TrialRow from `first` on: id, configuration, fold, seed, state, attempt, crashes, epoch, epochs,
// message, whether there are scores, wa, ua, macro_f1, weighted_f1; then the trial's number, whether it is reused, its
// note and tags.
Result<TrialRow> read_trial_row(const Statement& row) {
  TrialRow trial;
  trial.id.hex = row.text(0);
  trial.configuration = row.small(1);
  trial.fold = row.small(2);
  trial.seed = seed_from_column(row.integer(3));
  MER_ASSIGN(trial.state, read_state(row.text(4)));
  trial.attempt = row.small(5);
  trial.crashes = row.small(6);
  trial.epoch = row.small(7);
  trial.epochs = row.small(8);
  trial.message = row.text(9);
  if (row.integer(10) != 0) trial.scores = Scores{row.real(11), row.real(12), row.real(13), row.real(14)};
  trial.reused = row.integer(16) != 0;
  trial.annotation = {row.text(17), words_of(row.text(18))};
  return trial;
}

// A sweep's trials with their scores under its own rule; parameters: sweep, metric under which the rule is stored.
const char* const kTrialRows =
    "SELECT t.id, s.configuration, s.fold, t.seed, t.state, t.attempt, t.crashes, t.epoch, t.epochs, t.message, "
    "x.epoch NOT NULL, x.wa, x.ua, x.macro_f1, x.weighted_f1, t.trial, s.reused, a.note, a.tags "
    "FROM sweep_trials s JOIN trials t USING (trial) "
    "JOIN sweeps w ON w.sweep = s.sweep "
    "LEFT JOIN selected x ON x.trial = t.trial AND x.rule = w.select_epoch AND x.metric = "
    "CASE w.select_epoch WHEN 'last' THEN 'macro_f1' ELSE w.select_metric END "
    "LEFT JOIN annotations a ON a.kind = 'trial' AND a.target = substr(t.id, 1, instr(t.id || '.', '.') - 1) ";

}  // namespace

Result<std::unique_ptr<ResultReader>> open_reader(const StoreDir& store, const SqliteStore* writer) {
  const bool network = store.file_system().network;
  if (network && writer != nullptr) {
    return std::unique_ptr<ResultReader>(std::make_unique<SqliteReader>(writer->connection()));
  }
  // On a network file system the lock's holder may have to roll a killed writer's journal back.
  MER_ASSIGN(std::shared_ptr<SqliteDb> db,
             SqliteDb::open(store.database(), {.read_only = !network, .network = network}));
  MER_TRY(check_version(*db, schema_scripts()));
  return std::unique_ptr<ResultReader>(std::make_unique<SqliteReader>(std::move(db)));
}

Result<std::vector<SweepSummary>> SqliteReader::sweeps() {
  MER_ASSIGN(Transaction transaction, snapshot(*db_));
  std::vector<SweepSummary> rows;
  MER_ASSIGN(Statement query, db_->prepare(std::string(kSummaries) + "ORDER BY sweep DESC"));
  MER_TRY(query.each([&](const Statement& row) -> Status {
    MER_ASSIGN(SweepSummary summary, read_summary(*db_, row));
    rows.push_back(std::move(summary));
    return {};
  }));
  return rows;
}

Result<SweepId> SqliteReader::find_sweep(const std::string& name_or_number) {
  MER_ASSIGN(Transaction transaction, snapshot(*db_));
  if (const auto number = sweep_number(name_or_number)) {
    MER_TRY(check_sweep(*db_, SweepId{*number}));
    return SweepId{*number};
  }
  MER_ASSIGN(Statement query, db_->prepare("SELECT sweep FROM sweeps WHERE name = ? ORDER BY sweep DESC LIMIT 1"));
  MER_ASSIGN(const bool found, query.bind(name_or_number).step());
  if (found) return SweepId{query.integer(0)};
  std::vector<std::string> names;
  MER_ASSIGN(Statement all, db_->prepare("SELECT DISTINCT name FROM sweeps"));
  MER_TRY(all.each([&](const Statement& row) { names.push_back(row.text(0)); }));
  return no_sweep(name_or_number, names);
}

Result<SweepDetail> SqliteReader::sweep(SweepId id) {
  MER_ASSIGN(Transaction transaction, snapshot(*db_));
  SweepDetail detail;
  {
    MER_ASSIGN(Statement summary, db_->prepare(std::string(kSummaries) + "WHERE sweep = ?"));
    MER_ASSIGN(const bool found, summary.bind(id.number).step());
    if (!found) return no_sweep(std::to_string(id.number), {});
    MER_ASSIGN(detail.summary, read_summary(*db_, summary));
  }
  MER_ASSIGN(Statement row, db_->prepare("SELECT code_version, select_epoch, select_metric, seeds, published, resolved "
                                         "FROM sweeps WHERE sweep = ?"));
  MER_TRY(row.bind(id.number).step());
  detail.code_version = row.text(0);
  MER_ASSIGN(detail.select.epoch, read_rule(row.text(1)));
  MER_ASSIGN(detail.select.metric, read_metric(row.text(2)));
  MER_ASSIGN(detail.seeds, seeds_from_json(row.text(3)));
  MER_ASSIGN(detail.published, published_from_json(row.text(4)));
  detail.resolved_json = row.text(5);
  MER_ASSIGN(detail.configurations, read_configurations(*db_, id.number));
  MER_ASSIGN(detail.folds, read_folds(*db_, id.number));
  MER_ASSIGN(detail.corpora, read_corpora(*db_, id.number));
  return detail;
}

Result<std::vector<TrialRow>> SqliteReader::trials(SweepId id, const Configurations& only) {
  MER_ASSIGN(Transaction transaction, snapshot(*db_));
  MER_TRY(check_sweep(*db_, id));
  std::vector<TrialRow> rows;
  MER_ASSIGN(Statement query, db_->prepare(std::string(kTrialRows) + "WHERE s.sweep = ?1 AND " + kAmongConfigurations +
                                           " ORDER BY s.position"));
  MER_TRY(query.bind(id.number, integers_to_json(only)).each([&](const Statement& row) -> Status {
    MER_ASSIGN(TrialRow trial, read_trial_row(row));
    rows.push_back(std::move(trial));
    return {};
  }));
  return rows;
}

Result<TrialId> SqliteReader::find_trial(const std::string& prefix) {
  MER_TRY(check_trial_prefix(prefix));
  MER_ASSIGN(Transaction transaction, snapshot(*db_));
  std::vector<TrialId> found;
  // 'g' follows the hex digits: the range holds every id that begins with the prefix.
  MER_ASSIGN(Statement query, db_->prepare("SELECT id FROM trials WHERE id >= ?1 AND id < ?1 || 'g' "
                                           "AND (id = ?1 OR instr(id, '.') = 0) ORDER BY id LIMIT 2"));
  MER_TRY(query.bind(prefix).each([&](const Statement& row) { found.push_back({row.text(0)}); }));
  return only_trial(prefix, found);
}

namespace {

Result<std::vector<AttemptRow>> read_attempts(SqliteDb& db, std::int64_t trial) {
  std::vector<AttemptRow> rows;
  MER_ASSIGN(
      Statement query,
      db.prepare("SELECT attempt, worker, host, started_at, ended_at, outcome, resumed_epoch, refused_checkpoints, "
                 "trainer_host, device, code_version, versions, threads, pid, failure_kind, failure_code, "
                 "failure_message, log_tail FROM attempts WHERE trial = ? ORDER BY attempt"));
  MER_TRY(query.bind(trial).each([&](const Statement& row) -> Status {
    AttemptRow attempt;
    attempt.attempt = row.small(0);
    attempt.worker = row.small(1);
    attempt.host = row.text(2);
    attempt.started_at = row.real(3);
    attempt.ended_at = row.optional_real(4);
    attempt.outcome = row.text(5);
    attempt.resumed_epoch = row.small(6);
    MER_ASSIGN(attempt.refused_checkpoints, strings_from_json(row.text(7)));
    if (!row.is_null(8)) {
      attempt.environment =
          Environment{row.text(8), row.text(9), row.text(10), row.text(11), row.small(12), row.integer(13)};
    }
    if (!row.is_null(14)) {
      MER_ASSIGN(const Failure::Kind kind, read_failure_kind(row.text(14)));
      attempt.failure = Failure{kind, row.small(15), row.text(16), row.text(17)};
    }
    rows.push_back(std::move(attempt));
    return {};
  }));
  return rows;
}

Result<std::vector<EpochTiming>> read_timings(SqliteDb& db, std::int64_t trial) {
  std::vector<EpochTiming> rows;
  MER_ASSIGN(Statement query, db.prepare("SELECT epoch, train_seconds, evaluate_seconds, finished_at, max(attempt) "
                                         "FROM timings WHERE trial = ? GROUP BY epoch ORDER BY epoch"));
  MER_TRY(query.bind(trial).each([&](const Statement& row) {
    rows.push_back({row.small(0), row.real(1), row.real(2), row.real(3)});
  }));
  return rows;
}

// The selected rows without their probabilities; nullopt when the trial is not done.
Result<std::optional<TrialResult>> read_result(SqliteDb& db, std::int64_t trial) {
  MER_ASSIGN(Statement row, db.prepare("SELECT epochs, weights_sha256, parameters, wall_seconds, peak_memory, profile "
                                       "FROM trial_results WHERE trial = ?"));
  MER_ASSIGN(const bool found, row.bind(trial).step());
  if (!found) return std::optional<TrialResult>();
  MER_ASSIGN(const Profile profile, profile_from_json(row.text(5)));
  TrialResult result{row.small(0), {}, row.text(1), row.integer(2), row.real(3), row.integer(4), profile};
  MER_ASSIGN(Statement query, db.prepare("SELECT rule, metric, epoch, confusion FROM selected WHERE trial = ?"));
  MER_TRY(query.bind(trial).each([&](const Statement& selected) -> Status {
    MER_ASSIGN(const SelectionRule rule, read_rule(selected.text(0)));
    MER_ASSIGN(const Metric metric, read_metric(selected.text(1)));
    MER_ASSIGN(ConfusionMatrix confusion, unpack_confusion(selected.blob(3)));
    result.selected.push_back({rule, metric, selected.small(2), std::move(confusion), {}});
    return {};
  }));
  sort_selected(result.selected);
  return std::optional(std::move(result));
}

Result<std::vector<SweepId>> read_sweeps_of(SqliteDb& db, std::int64_t trial) {
  std::vector<SweepId> sweeps;
  MER_ASSIGN(Statement query, db.prepare("SELECT DISTINCT sweep FROM sweep_trials WHERE trial = ? ORDER BY sweep"));
  MER_TRY(query.bind(trial).each([&](const Statement& row) { sweeps.push_back({row.integer(0)}); }));
  return sweeps;
}

}  // namespace

Result<TrialDetail> SqliteReader::trial(const TrialId& id) {
  MER_ASSIGN(Transaction transaction, snapshot(*db_));
  TrialDetail detail;
  // The sweep that brought the trial into the store is the one whose positions and rule its row has.
  MER_ASSIGN(Statement row,
             db_->prepare(std::string(kTrialRows) + "WHERE t.id = ? ORDER BY s.sweep, s.position LIMIT 1"));
  MER_ASSIGN(const bool found, row.bind(id.hex).step());
  if (!found) return no_trial(id);
  MER_ASSIGN(detail.row, read_trial_row(row));
  const std::int64_t trial = row.integer(15);

  MER_ASSIGN(Statement spec,
             db_->prepare("SELECT configuration, fold, corpus, fold_name, settings FROM trials WHERE trial = ?"));
  MER_ASSIGN(const bool known, spec.bind(trial).step());
  MER_CHECK(known, "a trial's row is gone within one transaction");
  detail.spec = {id, {spec.text(0)}, {spec.text(1)}, {spec.text(2)}, spec.text(3), detail.row.seed, {}, {}};
  MER_TRY(SettingsCache().fill(*db_, spec.integer(4), detail.spec));

  MER_ASSIGN(detail.sweeps, read_sweeps_of(*db_, trial));
  MER_ASSIGN(detail.attempts, read_attempts(*db_, trial));
  MER_ASSIGN(detail.checkpoints, read_checkpoints(*db_, trial, id));
  MER_ASSIGN(detail.result, read_result(*db_, trial));
  MER_ASSIGN(detail.timings, read_timings(*db_, trial));
  return detail;
}

Result<std::int64_t> SqliteReader::count_reusable(const Submission& submission) {
  MER_ASSIGN(Transaction transaction, snapshot(*db_));
  return count_reusable_trials(*db_, submission);
}

Result<std::int64_t> SqliteReader::data_version() {
  MER_ASSIGN(Transaction transaction, snapshot(*db_));
  return db_->integer("SELECT changes FROM store");
}

}  // namespace mer::storage
