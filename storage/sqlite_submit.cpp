#include "storage/sqlite_submit.hpp"

#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "storage/codec.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/transition.hpp"

namespace mer::storage {
namespace {

Result<std::int64_t> insert_sweep(SqliteDb& db, const Submission& submission) {
  const Sweep& sweep = submission.sweep;
  MER_ASSIGN(Statement insert,
             db.prepare("INSERT INTO sweeps (name, submitted_at, code_version, select_epoch, select_metric, seeds, "
                        "published, resolved, priority) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  MER_TRY(insert
              .bind(sweep.name, submission.submitted_at, submission.code_version, name_of(sweep.select.epoch),
                    name_of(sweep.select.metric), seeds_to_json(sweep.seeds), published_to_json(sweep.published),
                    sweep.resolved_json, submission.priority)
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

// The test part of each fold that has one, once for each corpus that a trial uses it with. Those that the store has get
// the dialogues that an older version left out.
Status insert_test_parts(SqliteDb& db, const Submission& submission) {
  std::map<std::pair<std::string, std::string>, const TestPart*> parts;
  for (const PlannedTrial& trial : submission.trials) {
    const auto fold = static_cast<std::size_t>(trial.fold);
    if (fold >= submission.test_parts.size()) continue;
    parts.try_emplace({trial.spec.fold.hex, trial.spec.corpus.hex}, &submission.test_parts[fold]);
  }
  MER_ASSIGN(Statement insert,
             db.prepare("INSERT INTO test_parts (fold, corpus, utterances, truth, dialogues) "
                        "VALUES (?, ?, ?, ?, nullif(?, '[]')) "
                        "ON CONFLICT DO UPDATE SET dialogues = excluded.dialogues WHERE dialogues IS NULL"));
  for (const auto& [key, part] : parts) {
    MER_TRY(insert
                .bind(key.first, key.second, strings_to_json(part->utterances), integers_to_json(part->truth),
                      strings_to_json(part->dialogues))
                .run());
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

// Trials of a submission that the store has already.
class KnownTrials {
 public:
  KnownTrials(SqliteDb& db, const Submission& submission) : db_(db), submission_(submission) {}

  struct Known {
    std::int64_t number = 0;
    int attempt = 0;
    Reuse reuse = Reuse::share;
  };
  // nullopt: the store has none of this id.
  Result<std::optional<Known>> find(const TrialId& id) {
    MER_ASSIGN(Statement query,
               db_.prepare("SELECT t.trial, t.state, t.attempt, a.code_version FROM trials t LEFT JOIN attempts a "
                           "ON a.trial = t.trial AND a.attempt = t.attempt WHERE t.id = ?"));
    MER_ASSIGN(const bool found, query.bind(id.hex).step());
    if (!found) return std::optional<Known>();
    MER_ASSIGN(const TrialState state, read_state(query.text(1)));
    return std::optional(Known{query.integer(0), query.small(2), reuse_of(state, query.text(3), submission_)});
  }

  Status supersede(const Known& known, const TrialId& id) {
    MER_ASSIGN(Statement count, db_.prepare("SELECT count(*) FROM trials WHERE id > ?1 AND id < ?1 || '/'"));
    MER_TRY(count.bind(id.hex).step());
    MER_ASSIGN(Statement rename, db_.prepare("UPDATE trials SET id = ? WHERE trial = ?"));
    MER_TRY(rename.bind(superseded(id, count.integer(0) + 1).hex, known.number).run());
    MER_ASSIGN(Statement spent, db_.prepare("DELETE FROM checkpoints WHERE trial = ?"));
    return spent.bind(known.number).run();
  }

 private:
  SqliteDb& db_;
  const Submission& submission_;
};

class TrialWriter {
 public:
  TrialWriter(SqliteDb& db, const Submission& submission) : db_(db), settings_(db), known_(db, submission) {}

  // Makes sure that the trial is there; true: it has its result already.
  Result<bool> add(const TrialSpec& spec) {
    MER_ASSIGN(const auto known, known_.find(spec.id));
    if (known && known->reuse != Reuse::supersede) return known->reuse == Reuse::reuse;
    if (known) MER_TRY(known_.supersede(*known, spec.id));
    MER_ASSIGN(const std::int64_t number, settings_.number_of(spec));
    MER_ASSIGN(Statement trial,
               db_.prepare("INSERT INTO trials (id, configuration, fold, fold_name, corpus, seed, settings, "
                           "epochs, state, attempt, crashes, epoch, message) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, 0, 0, '')"));
    MER_TRY(trial
                .bind(spec.id.hex, spec.configuration.hex, spec.fold.hex, spec.fold_name, spec.corpus.hex,
                      to_column(spec.seed), number, spec.train.epochs, known ? known->attempt : 0)
                .run());
    return false;
  }

 private:
  SqliteDb& db_;
  SettingsTable settings_;
  KnownTrials known_;
};

Status insert_trials(SqliteDb& db, std::int64_t sweep, const Submission& submission) {
  TrialWriter writer(db, submission);
  MER_ASSIGN(Statement member,
             db.prepare("INSERT INTO sweep_trials (sweep, position, trial, configuration, fold, reused) "
                        "SELECT ?, ?, trial, ?, ?, ? FROM trials WHERE id = ?"));
  for (std::size_t i = 0; i < submission.trials.size(); ++i) {
    const PlannedTrial& trial = submission.trials[i];
    MER_ASSIGN(const bool reused, writer.add(trial.spec));
    MER_TRY(member.bind(sweep, i, trial.configuration, trial.fold, int(reused), trial.spec.id.hex).run());
  }
  return {};
}

// The newest sweep with this name, resolved text and trials (their ids cover corpora and folds).
Result<std::optional<SweepId>> find_submission(SqliteDb& db, const Submission& submission) {
  std::vector<std::int64_t> candidates;
  MER_ASSIGN(Statement sweeps,
             db.prepare("SELECT sweep FROM sweeps WHERE name = ? AND resolved = ? ORDER BY sweep DESC"));
  MER_TRY(sweeps.bind(submission.sweep.name, submission.sweep.resolved_json).each([&](const Statement& row) {
    candidates.push_back(row.integer(0));
  }));
  MER_ASSIGN(Statement trials, db.prepare("SELECT substr(t.id, 1, 32) FROM sweep_trials s "
                                          "JOIN trials t USING (trial) WHERE s.sweep = ? ORDER BY s.position"));
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
  MER_TRY(insert_trials(db, sweep, submission));
  return SweepId{sweep};
}

// The same corpora may stand elsewhere now: a store has moved, and those in it.
Status update_paths(SqliteDb& db, SweepId sweep, const std::vector<CorpusRecord>& corpora) {
  MER_ASSIGN(Statement update, db.prepare("UPDATE corpora SET path = ? WHERE sweep = ? AND corpus = ?"));
  for (const CorpusRecord& corpus : corpora) MER_TRY(update.bind(corpus.path, sweep.number, corpus.id.hex).run());
  return {};
}

}  // namespace

Result<SweepId> submit_sweep(SqliteDb& db, const Submission& submission) {
  std::optional<SweepId> known;
  if (!submission.fresh) {
    MER_ASSIGN(known, find_submission(db, submission));
  }
  if (!known) return insert_submission(db, submission);
  MER_ASSIGN(Statement update, db.prepare("UPDATE sweeps SET activity = 'active' WHERE sweep = ?"));
  MER_TRY(update.bind(known->number).run());
  MER_TRY(update_paths(db, *known, submission.corpora));
  MER_TRY(insert_test_parts(db, submission));
  return *known;
}

Result<std::int64_t> count_reusable_trials(SqliteDb& db, const Submission& submission) {
  KnownTrials trials(db, submission);
  std::unordered_set<TrialId> reusable;
  for (const PlannedTrial& trial : submission.trials) {
    MER_ASSIGN(const auto known, trials.find(trial.spec.id));
    if (known && known->reuse == Reuse::reuse) reusable.insert(trial.spec.id);
  }
  return std::int64_t(reusable.size());
}

}  // namespace mer::storage
