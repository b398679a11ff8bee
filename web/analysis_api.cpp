#include "web/analysis_api.hpp"

#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/stats/summary.hpp"
#include "storage/audit.hpp"
#include "storage/comparison.hpp"
#include "storage/configurations.hpp"
#include "storage/pooled.hpp"
#include "storage/tables.hpp"
#include "storage/utterance_tests.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using Json = nlohmann::ordered_json;
using storage::ResultReader;

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

void add_epoch(Json& answer, SweepId sweep, EpochChoice epoch) {
  answer["sweep"] = sweep.number;
  answer["rule"] = name_of(epoch.rule);
  answer["oracle"] = epoch.rule == SelectionRule::best_test;
  answer["metric"] = name_of(epoch.metric);
}

Json test_value(const stats::TestOutcome& test, const std::optional<double>& corrected) {
  return {{"statistic", number(test.statistic)},
          {"n", test.n},
          {"p", number(test.p)},
          {"p_holm", number(corrected)},
          {"smallest_p", number(test.smallest_p)},
          {"why_not", test.why}};
}

Json compared_value(const storage::ComparedConfiguration& row) {
  Json value = {{"configuration", row.configuration},
                {"why_not", row.why},
                {"scores", numbers(row.scores)},
                {"differences", numbers(row.differences)}};
  if (row.differences.empty()) return value;
  value["mean"] = number(stats::mean_of(row.differences));
  value["sd"] = number(stats::sd_of(row.differences));
  value["wilcoxon"] = test_value(row.wilcoxon, row.wilcoxon_holm);
  value["corrected_t"] = test_value(row.corrected_t, row.corrected_t_holm);
  value["cohens_dz"] = number(stats::cohens_dz(row.differences));
  value["rank_biserial"] = number(stats::rank_biserial(row.differences));
  return value;
}

Json utterance_value(const storage::UtteranceRow& row) {
  Json value = {{"configuration", row.configuration},
                {"why_not", row.why},
                {"why_no_test", row.why_no_test},
                {"utterances", row.utterances},
                {"dialogues", row.dialogues}};
  for (std::size_t i = 0; i < row.scores.size(); ++i) {
    Json& score = value[name_of(storage::kUtteranceMetrics[i])];
    score["value"] = number(row.scores[i].value);
    score["interval"] = interval_value(row.scores[i].interval);
    if (row.differences.empty()) continue;
    const storage::UtteranceDifference& difference = row.differences[i];
    score["difference"] = number(difference.value);
    score["difference_interval"] = interval_value(difference.interval);
    score["p"] = number(difference.p);
    score["p_holm"] = number(difference.p_holm);
  }
  if (!row.differences.empty()) value["mcnemar"] = test_value(row.mcnemar, row.mcnemar_holm);
  return value;
}

Json pooled_scores(const storage::PooledConfiguration& pooled) {
  Json scores;
  for (const Metric metric : storage::kEveryMetric) scores[name_of(metric)] = number(pooled.score(metric));
  return scores;
}

Json fold_value(const storage::PooledFold& fold, const storage::SweepDetail& sweep) {
  Json trials = Json::array();
  for (const TrialId& trial : fold.trials) trials.push_back(trial.hex);
  return {{"fold", fold.fold},
          {"name", sweep.folds[std::size_t(fold.fold)].name},
          {"confusion", matrix_value(fold.confusion)},
          {"scores", scores_value(scores_of(fold.confusion))},
          {"trials", std::move(trials)}};
}

std::optional<ConfusionMatrix> sum_of(const std::vector<storage::PooledFold>& folds) {
  std::optional<ConfusionMatrix> sum;
  for (const storage::PooledFold& fold : folds) {
    if (sum) {
      *sum += fold.confusion;
    } else {
      sum = fold.confusion;
    }
  }
  return sum;
}

// Of the configuration's corpus; matrices of other corpora have other labels.
const std::vector<std::string>* labels_of(const storage::SweepDetail& sweep, int classes) {
  for (const storage::CorpusRecord& corpus : sweep.corpora) {
    if (int(corpus.labels.size()) == classes) return &corpus.labels;
  }
  return nullptr;
}

Json audited_value(const storage::AuditedScore& score) {
  return {{"mean", number(score.mean)}, {"pooled", number(score.pooled)}};
}

}  // namespace

Result<std::string> comparison_json(ResultReader& reader, SweepId id, EpochChoice epoch, const std::string& baseline,
                                    const Page& page) {
  MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(id));
  MER_ASSIGN(storage::Comparison comparison, storage::compare(reader, sweep, epoch.rule, epoch.metric, baseline));
  const std::size_t total = comparison.rows.size();
  const auto shown = part_of(comparison.rows, page);
  comparison.rows = std::vector(shown.begin(), shown.end());
  const std::vector<std::string> labels = storage::configuration_labels(sweep);
  Json answer = envelope();
  add_epoch(answer, id, epoch);
  answer["total"] = total;
  answer["baseline"] = comparison.baseline;
  answer["test_share"] = number(comparison.test_share);
  answer["folds"] = comparison.folds;
  answer["scores"] = numbers(comparison.scores);
  Json rows = Json::array();
  for (const storage::ComparedConfiguration& row : comparison.rows) rows.push_back(compared_value(row));
  answer["rows"] = std::move(rows);
  answer["caption"] = storage::comparison_caption(sweep, comparison, epoch.rule, epoch.metric, labels);
  answer["notes"] = storage::comparison_notes(comparison, labels);
  return text_of(answer);
}

Result<std::string> utterances_json(ResultReader& reader, SweepId id, EpochChoice epoch, const std::string& baseline,
                                    const Page& page) {
  MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(id));
  MER_ASSIGN(const auto tests, storage::utterance_tests(reader, id, epoch.rule, epoch.metric, baseline));
  const std::vector<std::string> labels = storage::configuration_labels(sweep);
  Json answer = envelope();
  add_epoch(answer, id, epoch);
  answer["total"] = tests.rows.size();
  answer["baseline"] = tests.baseline ? Json(*tests.baseline) : Json();
  Json rows = Json::array();
  for (const storage::UtteranceRow& row : part_of(tests.rows, page)) rows.push_back(utterance_value(row));
  answer["rows"] = std::move(rows);
  answer["caption"] = storage::results_caption(sweep, epoch.rule, epoch.metric, storage::Beside::none) + ' ' +
                      storage::utterance_caption(tests, labels);
  answer["notes"] = storage::utterance_notes(tests, labels);
  return text_of(answer);
}

Result<std::string> confusion_json(ResultReader& reader, SweepId id, EpochChoice epoch,
                                   const std::string& configuration) {
  MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(id));
  MER_ASSIGN(const std::size_t position, storage::find_configuration(sweep, configuration));
  MER_ASSIGN(const auto all, storage::pooled_results(reader, sweep, epoch.rule, epoch.metric, {int(position)}));
  const storage::PooledConfiguration& pooled = all[position];
  const std::optional<ConfusionMatrix> sum = sum_of(pooled.by_fold);
  Json answer = envelope();
  add_epoch(answer, id, epoch);
  answer["configuration"] = position;
  answer["trials"] = pooled.trials;
  answer["missing"] = pooled.missing;
  const std::vector<std::string>* const labels = sum ? labels_of(sweep, sum->classes) : nullptr;
  answer["labels"] = labels != nullptr ? Json(*labels) : Json::array();
  answer["confusion"] = sum ? matrix_value(*sum) : Json();
  answer["pooled"] = pooled_scores(pooled);
  Json folds = Json::array();
  for (const storage::PooledFold& fold : pooled.by_fold) folds.push_back(fold_value(fold, sweep));
  answer["folds"] = std::move(folds);
  return text_of(answer);
}

Result<std::string> audit_json(ResultReader& reader, SweepId id, Metric metric, const Page& page) {
  MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(id));
  storage::Configurations positions(sweep.configurations.size());
  std::iota(positions.begin(), positions.end(), 0);
  const auto shown = part_of(positions, page);
  std::vector<storage::AuditedConfiguration> audited;
  if (!shown.empty()) {
    MER_ASSIGN(audited, storage::audit(reader, id, metric, storage::Configurations(shown.begin(), shown.end())));
  }
  const std::vector<std::string> labels = storage::configuration_labels(sweep);
  Json answer = envelope();
  answer["sweep"] = id.number;
  answer["metric"] = name_of(metric);
  answer["caption"] = storage::audit_caption(sweep, metric);
  answer["total"] = positions.size();
  answer["rows"] = Json::array();
  answer["notes"] = Json::array();
  for (const storage::AuditedConfiguration& configuration : audited) {
    for (const storage::AuditedRow& row : configuration.rows) {
      answer["rows"].push_back({{"configuration", configuration.configuration},
                                {"rule", name_of(row.rule)},
                                {"oracle", row.rule == SelectionRule::best_test},
                                {"wa", audited_value(row.wa)},
                                {"ua", audited_value(row.ua)},
                                {"macro_f1", audited_value(row.macro_f1)},
                                {"n", row.complete.n},
                                {"expected_n", row.complete.expected}});
    }
    const std::string note = storage::audit_note(configuration, labels[configuration.configuration]);
    if (!note.empty()) answer["notes"].push_back(note);
  }
  return text_of(answer);
}

}  // namespace mer::web
