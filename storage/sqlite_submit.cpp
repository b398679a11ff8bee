#include "storage/sqlite_submit.hpp"

#include <map>
#include <string>
#include <utility>

#include "storage/codec.hpp"
#include "storage/sqlite_rows.hpp"

namespace mer::storage {
namespace {

Result<std::int64_t> insert_sweep(SqliteDb& db, const Submission& submission) {
  const Sweep& sweep = submission.sweep;
  MER_ASSIGN(Statement insert,
             db.prepare("INSERT INTO sweeps (name, submitted_at, code_version, select_epoch, "
                        "select_metric, seeds, published, resolved) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  MER_TRY(insert
              .bind(sweep.name, submission.submitted_at, submission.code_version, name_of(sweep.select.epoch),
                    name_of(sweep.select.metric), seeds_to_json(sweep.seeds), published_to_json(sweep.published),
                    sweep.resolved_json)
              .run());
  return db.last_insert_rowid();
}

Status insert_corpora(SqliteDb& db, std::int64_t sweep, const std::vector<CorpusRecord>& corpora) {
  MER_ASSIGN(Statement insert,
             db.prepare("INSERT INTO corpora (sweep, position, corpus, name, path, utterances, labels, "
                        "facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  for (std::size_t i = 0; i < corpora.size(); ++i) {
    const CorpusRecord& c = corpora[i];
    MER_TRY(
        insert.bind(sweep, i, c.id.hex, c.name, c.path, c.utterances, strings_to_json(c.labels), c.facts_json).run());
  }
  return {};
}

Status insert_folds(SqliteDb& db, std::int64_t sweep, const std::vector<FoldRecord>& folds) {
  MER_ASSIGN(Statement insert,
             db.prepare("INSERT INTO folds (sweep, position, fold, name, train, validation, test, file) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  for (std::size_t i = 0; i < folds.size(); ++i) {
    const FoldRecord& f = folds[i];
    MER_TRY(insert.bind(sweep, i, f.id.hex, f.name, f.train, f.validation, f.test, f.file).run());
  }
  return {};
}

Status insert_configurations(SqliteDb& db, std::int64_t sweep, const std::vector<Configuration>& configurations) {
  MER_ASSIGN(Statement insert,
             db.prepare("INSERT INTO configurations (sweep, position, configuration, differing, settings) "
                        "VALUES (?, ?, ?, ?, ?)"));
  for (std::size_t i = 0; i < configurations.size(); ++i) {
    const Configuration& c = configurations[i];
    MER_TRY(insert.bind(sweep, i, c.id.hex, differing_to_json(c.differing), settings_to_json(c)).run());
  }
  return {};
}

// The test part of each fold that has one, once for each corpus that a trial uses it with.
Status insert_test_parts(SqliteDb& db, const Submission& submission) {
  std::map<std::pair<std::string, std::string>, const TestPart*> parts;
  for (const PlannedTrial& trial : submission.trials) {
    const auto fold = static_cast<std::size_t>(trial.fold);
    if (fold >= submission.test_parts.size()) continue;
    parts.try_emplace({trial.spec.fold.hex, trial.spec.corpus.hex}, &submission.test_parts[fold]);
  }
  MER_ASSIGN(Statement insert,
             db.prepare("INSERT INTO test_parts (fold, corpus, utterances, truth) VALUES (?, ?, ?, ?) "
                        "ON CONFLICT DO NOTHING"));
  for (const auto& [key, part] : parts) {
    MER_TRY(insert.bind(key.first, key.second, strings_to_json(part->utterances), integers_to_json(part->truth)).run());
  }
  return {};
}

// Numbers the settings of trials: thousands of trials share a few.
class SettingsTable {
 public:
  explicit SettingsTable(SqliteDb& db) : db_(db) {}

  Result<std::int64_t> number_of(const TrialSpec& spec) {
    auto key = std::make_pair(model_to_json(spec.model), train_to_json(spec.train));
    if (const auto known = numbers_.find(key); known != numbers_.end()) return known->second;
    MER_ASSIGN(Statement insert,
               db_.prepare("INSERT INTO trial_settings (model, train) VALUES (?, ?) ON CONFLICT DO NOTHING"));
    MER_TRY(insert.bind(key.first, key.second).run());
    MER_ASSIGN(Statement query, db_.prepare("SELECT settings FROM trial_settings WHERE model = ? AND train = ?"));
    MER_ASSIGN(const bool row, query.bind(key.first, key.second).step());
    MER_CHECK(row, "settings that were just inserted are not there");
    return numbers_.emplace(std::move(key), query.integer(0)).first->second;
  }

 private:
  SqliteDb& db_;
  std::map<std::pair<std::string, std::string>, std::int64_t> numbers_;
};

Status insert_trials(SqliteDb& db, std::int64_t sweep, const std::vector<PlannedTrial>& trials) {
  SettingsTable settings(db);
  MER_ASSIGN(Statement trial,
             db.prepare("INSERT INTO trials (id, configuration, fold, fold_name, corpus, seed, settings, "
                        "epochs, state, attempt, crashes, epoch, message) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, 0, 0, '') ON CONFLICT DO NOTHING"));
  MER_ASSIGN(Statement member, db.prepare("INSERT INTO sweep_trials (sweep, position, trial, configuration, fold) "
                                          "SELECT ?, ?, trial, ?, ? FROM trials WHERE id = ?"));
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const TrialSpec& spec = trials[i].spec;
    MER_ASSIGN(const std::int64_t number, settings.number_of(spec));
    MER_TRY(trial
                .bind(spec.id.hex, spec.configuration.hex, spec.fold.hex, spec.fold_name, spec.corpus.hex,
                      to_column(spec.seed), number, spec.train.epochs)
                .run());
    MER_TRY(member.bind(sweep, i, trials[i].configuration, trials[i].fold, spec.id.hex).run());
  }
  return {};
}

}  // namespace

Result<std::optional<SweepId>> find_submission(SqliteDb& db, const Submission& submission) {
  std::vector<std::int64_t> candidates;
  MER_ASSIGN(Statement sweeps,
             db.prepare("SELECT sweep FROM sweeps WHERE name = ? AND resolved = ? ORDER BY sweep DESC"));
  MER_TRY(sweeps.bind(submission.sweep.name, submission.sweep.resolved_json).each([&](const Statement& row) {
    candidates.push_back(row.integer(0));
  }));
  MER_ASSIGN(Statement trials, db.prepare("SELECT t.id FROM sweep_trials s JOIN trials t USING (trial) "
                                          "WHERE s.sweep = ? ORDER BY s.position"));
  for (const std::int64_t sweep : candidates) {
    std::size_t same = 0, all = 0;
    MER_TRY(trials.bind(sweep).each([&](const Statement& row) {
      if (all < submission.trials.size() && row.text(0) == submission.trials[all].spec.id.hex) ++same;
      ++all;
    }));
    if (same == all && all == submission.trials.size()) return std::optional(SweepId{sweep});
  }
  return std::optional<SweepId>();
}

Result<SweepId> insert_submission(SqliteDb& db, const Submission& submission) {
  MER_ASSIGN(const std::int64_t sweep, insert_sweep(db, submission));
  MER_TRY(insert_corpora(db, sweep, submission.corpora));
  MER_TRY(insert_folds(db, sweep, submission.folds));
  MER_TRY(insert_configurations(db, sweep, submission.sweep.configurations));
  MER_TRY(insert_test_parts(db, submission));
  MER_TRY(insert_trials(db, sweep, submission.trials));
  return SweepId{sweep};
}

}  // namespace mer::storage
