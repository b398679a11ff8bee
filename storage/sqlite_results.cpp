// The part of SqliteReader that reads numbers: curves, the results table, predictions.
#include <map>
#include <utility>

#include "storage/aggregate.hpp"
#include "storage/codec.hpp"
#include "storage/lookup.hpp"
#include "storage/sqlite_db.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_rows.hpp"

namespace mer::storage {
Result<std::vector<EpochRow>> SqliteReader::curve(const TrialId& id, Split split) {
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::read));
  MER_ASSIGN(Statement trial, db_->prepare("SELECT trial FROM trials WHERE id = ?"));
  MER_ASSIGN(const bool found, trial.bind(id.hex).step());
  if (!found) return no_trial(id);
  std::vector<EpochRow> rows;
  MER_ASSIGN(Statement query, db_->prepare(std::string("SELECT ") + kEpochColumns +
                                           " FROM curve WHERE trial = ? AND split = ? ORDER BY epoch"));
  MER_TRY(query.bind(trial.integer(0), name_of(split)).each([&](const Statement& statement) -> Status {
    MER_ASSIGN(EpochRow row, read_epoch(statement));
    rows.push_back(std::move(row));
    return {};
  }));
  return rows;
}

Result<std::vector<ResultRow>> SqliteReader::results(SweepId id, SelectionRule rule, Metric metric,
                                                     const Configurations& only) {
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::read));
  MER_TRY(check_sweep(*db_, id));
  MER_ASSIGN(Statement query,
             db_->prepare("SELECT s.configuration, s.fold, t.seed, x.epoch, x.wa, x.ua, x.macro_f1, x.weighted_f1 "
                          "FROM sweep_trials s JOIN trials t USING (trial) "
                          "LEFT JOIN selected x ON x.trial = s.trial AND x.rule = ?2 AND x.metric = ?3 "
                          "WHERE s.sweep = ?1 AND " +
                          std::string(kAmongConfigurations) + " ORDER BY s.position"));
  query.bind(id.number, name_of(rule), name_of(stored_metric(rule, metric)), integers_to_json(only));
  std::vector<ScoredTrial> trials;
  MER_TRY(query.each([&](const Statement& row) {
    trials.push_back({row.small(0), row.small(1), seed_from_column(row.integer(2)), {}});
    if (!row.is_null(3)) trials.back().scores = Scores{row.real(4), row.real(5), row.real(6), row.real(7)};
  }));
  return result_rows(trials);
}

Result<std::vector<TrialConfusion>> SqliteReader::confusions(SweepId id, SelectionRule rule, Metric metric,
                                                             const Configurations& only) {
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::read));
  MER_TRY(check_sweep(*db_, id));
  MER_ASSIGN(Statement query,
             db_->prepare("SELECT t.id, s.configuration, s.fold, t.seed, x.confusion FROM sweep_trials s "
                          "JOIN trials t USING (trial) "
                          "JOIN selected x ON x.trial = s.trial AND x.rule = ?2 AND x.metric = ?3 "
                          "WHERE s.sweep = ?1 AND " +
                          std::string(kAmongConfigurations) + " ORDER BY s.position"));
  query.bind(id.number, name_of(rule), name_of(stored_metric(rule, metric)), integers_to_json(only));
  std::vector<TrialConfusion> all;
  MER_TRY(query.each([&](const Statement& row) -> Status {
    TrialConfusion one{{row.text(0)}, row.small(1), row.small(2), seed_from_column(row.integer(3)), {}};
    MER_ASSIGN(one.confusion, unpack_confusion(row.blob(4)));
    all.push_back(std::move(one));
    return {};
  }));
  return all;
}

Result<Selected> SqliteReader::selected(const TrialId& id, SelectionRule rule, Metric metric) {
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::read));
  MER_ASSIGN(Statement query,
             db_->prepare("SELECT s.metric, s.epoch, s.confusion, p.probabilities FROM trials t "
                          "JOIN selected s ON s.trial = t.trial AND s.rule = ? AND s.metric = ? "
                          "JOIN predictions p ON p.trial = t.trial AND p.number = s.prediction WHERE t.id = ?"));
  MER_ASSIGN(const bool found, query.bind(name_of(rule), name_of(stored_metric(rule, metric)), id.hex).step());
  if (!found) {
    MER_ASSIGN(Statement trial, db_->prepare("SELECT 1 FROM trials WHERE id = ?"));
    MER_ASSIGN(const bool known, trial.bind(id.hex).step());
    return known ? nothing_selected(id, rule) : no_trial(id);
  }
  Selected selected;
  selected.rule = rule;
  MER_ASSIGN(selected.metric, read_metric(query.text(0)));
  selected.epoch = query.small(1);
  MER_ASSIGN(selected.confusion, unpack_confusion(query.blob(2)));
  MER_ASSIGN(selected.probabilities, unpack_floats(query.blob(3)));
  return selected;
}

Result<std::vector<Prediction>> SqliteReader::predictions(const TrialId& id, SelectionRule rule, Metric metric) {
  MER_ASSIGN(const Selected chosen, selected(id, rule, metric));
  MER_ASSIGN(Transaction transaction, Transaction::begin(*db_, Transaction::Kind::read));
  MER_ASSIGN(Statement query, db_->prepare("SELECT p.utterances, p.truth, p.dialogues FROM trials t JOIN test_parts p "
                                           "ON p.fold = t.fold AND p.corpus = t.corpus WHERE t.id = ?"));
  MER_ASSIGN(const bool found, query.bind(id.hex).step());
  if (!found) return no_test_part(id);
  TestPart part;
  MER_ASSIGN(part.utterances, strings_from_json(query.text(0)));
  MER_ASSIGN(part.truth, integers_from_json(query.text(1)));
  if (const std::string dialogues = query.text(2); !dialogues.empty()) {
    MER_ASSIGN(part.dialogues, strings_from_json(dialogues));
  }
  return predictions_of(chosen, part);
}

}  // namespace mer::storage
