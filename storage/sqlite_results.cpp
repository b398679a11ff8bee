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
namespace {

// One row for each point of each configuration, in submission order. A point is a fold; of a configuration with one
// fold, a seed. A score that is not finite is NULL and so not counted.
const std::string kPoints =
    "WITH shape AS (SELECT configuration, min(fold) = max(fold) AS one_fold FROM sweep_trials WHERE sweep = ?1 "
    "GROUP BY configuration) "
    "SELECT s.configuration, shape.one_fold, count(*), count(x.wa), total(x.wa), count(x.ua), total(x.ua), "
    "count(x.macro_f1), total(x.macro_f1), count(x.weighted_f1), total(x.weighted_f1), min(s.fold) "
    "FROM sweep_trials s JOIN shape USING (configuration) JOIN trials t USING (trial) "
    "LEFT JOIN selected x ON x.trial = s.trial AND x.rule = ?2 AND x.metric = ?3 "
    "WHERE s.sweep = ?1 AND " +
    std::string(kAmongConfigurations) +
    " GROUP BY s.configuration, CASE shape.one_fold WHEN 1 THEN t.seed ELSE s.fold END "
    "ORDER BY s.configuration, min(s.position)";

struct Points {
  bool over_seeds = false;
  std::vector<int> folds;
  std::vector<std::optional<double>> wa, ua, macro_f1, weighted_f1;
};

}  // namespace

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
  std::map<int, Points> configurations;
  MER_ASSIGN(Statement query, db_->prepare(kPoints));
  query.bind(id.number, name_of(rule), name_of(stored_metric(rule, metric)), integers_to_json(only));
  MER_TRY(query.each([&](const Statement& row) {
    Points& points = configurations[row.small(0)];
    points.over_seeds = row.integer(1) != 0;
    if (!points.over_seeds || points.folds.empty()) points.folds.push_back(row.small(11));
    const int expected = row.small(2);
    points.wa.push_back(point_of(row.real(4), row.small(3), expected));
    points.ua.push_back(point_of(row.real(6), row.small(5), expected));
    points.macro_f1.push_back(point_of(row.real(8), row.small(7), expected));
    points.weighted_f1.push_back(point_of(row.real(10), row.small(9), expected));
  }));
  std::vector<ResultRow> rows;
  for (auto& [configuration, points] : configurations) {
    const bool over_seeds = points.over_seeds;
    rows.push_back({configuration, std::move(points.folds), aggregate_of(std::move(points.wa), over_seeds),
                    aggregate_of(std::move(points.ua), over_seeds),
                    aggregate_of(std::move(points.macro_f1), over_seeds),
                    aggregate_of(std::move(points.weighted_f1), over_seeds)});
  }
  return rows;
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
