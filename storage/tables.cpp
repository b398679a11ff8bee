#include "storage/tables.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "core/scores.hpp"
#include "storage/aggregate.hpp"
#include "storage/codec.hpp"
#include "storage/configurations.hpp"
#include "storage/lookup.hpp"
#include "storage/published.hpp"
#include "storage/table_cells.hpp"
#include "storage/table_json.hpp"

namespace mer::storage {
namespace {

using Keys = std::vector<std::string>;

void append_differing(std::vector<Cell>& row, const ConfigurationRow& configuration, const Keys& keys) {
  for (const std::string& key : keys) {
    const auto& pairs = configuration.differing;
    const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == key; });
    row.push_back(found == pairs.end() ? Cell() : cell_of_json(found->second));
  }
}

void append_scores(std::vector<Cell>& row, const std::optional<Scores>& scores) {
  for (const Metric metric : kEveryMetric) row.push_back(scores ? Cell(Fraction{value_of(*scores, metric)}) : Cell());
}

void append_interval(std::vector<Cell>& row, const Aggregate& aggregate) {
  const auto interval = interval_of(aggregate);
  row.push_back(interval ? Cell(Fraction{interval->low}) : Cell());
  row.push_back(interval ? Cell(Fraction{interval->high}) : Cell());
}

// precision, recall and F1 of each of `classes` classes; none where there is nothing to divide by.
void append_class_scores(std::vector<Cell>& row, const ConfusionMatrix& confusion, std::size_t classes) {
  std::vector<ClassScores> all = class_scores_of(confusion);
  all.resize(classes);
  const auto cell = [](double value, std::int64_t divisor) { return divisor > 0 ? Cell(Fraction{value}) : Cell(); };
  for (const ClassScores& scores : all) {
    row.insert(row.end(), {cell(scores.precision, scores.predicted), cell(scores.recall, scores.support),
                           cell(scores.f1, scores.support + scores.predicted)});
  }
}

// Names of the classes. Corpora with unequal labels have no common ones: classes are then numbered.
Keys class_names(const SweepDetail& detail) {
  Keys names;
  bool common = true;
  for (const CorpusRecord& corpus : detail.corpora) {
    common = common && corpus.labels == detail.corpora.front().labels;
    if (corpus.labels.size() > names.size()) names = corpus.labels;
  }
  for (std::size_t i = 0; i < names.size() && !common; ++i) names[i] = std::to_string(i);
  return names;
}

void append_names(Table& table, std::initializer_list<const char*> names) {
  table.columns.insert(table.columns.end(), names.begin(), names.end());
}

// trial, configuration, fold, seed: what every long table begins with.
std::vector<Cell> trial_cells(const SweepDetail& detail, const TrialRow& trial) {
  return {trial.id.hex, detail.configurations[static_cast<std::size_t>(trial.configuration)].id.hex,
          detail.folds[static_cast<std::size_t>(trial.fold)].name, std::to_string(trial.seed)};
}

std::string confusion_text(const ConfusionMatrix& matrix) {
  std::string text = "[";
  for (int truth = 0; truth < matrix.classes; ++truth) {
    text += truth == 0 ? "[" : ",[";
    for (int prediction = 0; prediction < matrix.classes; ++prediction) {
      if (prediction > 0) text += ',';
      text += std::to_string(matrix.at(truth, prediction));
    }
    text += ']';
  }
  return text + ']';
}

// --- caption ---

std::string selection_sentence(SelectionRule rule, Metric metric) {
  switch (rule) {
    case SelectionRule::last: return "Epoch: the last.";
    case SelectionRule::best_validation:
      return std::string("Epoch: the best ") + name_of(metric) + " on the validation part.";
    case SelectionRule::best_test:
      return std::string("Epoch: the best ") + name_of(metric) + " on the test part itself: an oracle, not a result.";
  }
  return "";
}

}  // namespace

std::string oracle_mark(SelectionRule rule) {
  return rule == SelectionRule::best_test ? " (oracle)" : "";
}

std::string selection_text(SelectionRule rule, Metric metric) {
  if (rule == SelectionRule::last) return name_of(rule);
  return std::string(name_of(rule)) + " by " + name_of(metric) + oracle_mark(rule);
}

std::string results_caption(const SweepDetail& detail, SelectionRule rule, Metric metric, Beside beside) {
  std::string caption = detail.summary.name + ". " + selection_sentence(rule, metric);
  std::set<std::string> sentences;
  for (const ConfigurationRow& configuration : detail.configurations) {
    const std::string sentence = folds_sentence(configuration.settings_json);
    if (!sentence.empty() && sentences.insert(sentence).second) caption += ' ' + sentence;
  }
  if (beside == Beside::none) return caption;
  const std::string seeds = std::to_string(detail.seeds.size()) + (detail.seeds.size() == 1 ? " seed" : " seeds");
  const char* const what = beside == Beside::sd ? " Mean and sd (divisor n-1)"
                                                : " Mean and half of its 95 % interval (Student's t; folds share "
                                                  "training data, so it is too narrow for other corpora)";
  return caption + what + " over folds of the mean over " + seeds + "; of a configuration with one fold, over seeds.";
}

Result<Table> results_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric, Beside beside) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(const std::vector<ResultRow> results, reader.results(sweep, rule, metric));
  const Keys keys = differing_keys(detail);
  Table table;
  table.caption = results_caption(detail, rule, metric, beside);
  table.columns = {"configuration"};
  table.columns.insert(table.columns.end(), keys.begin(), keys.end());
  append_names(table, {"selection", "metric", "mean", "sd", "n", "expected_n"});
  if (beside == Beside::interval) append_names(table, {"low", "high"});
  const std::size_t ours = table.columns.size();
  if (!detail.published.empty()) append_names(table, {"difference", "source"});
  for (const ResultRow& result : results) {
    const ConfigurationRow& configuration = detail.configurations[static_cast<std::size_t>(result.configuration)];
    for (const Metric shown : kEveryMetric) {
      const Aggregate& aggregate = aggregate_for(result, shown);
      std::vector<Cell> row = {configuration.id.hex};
      append_differing(row, configuration, keys);
      row.insert(row.end(),
                 {selection_text(rule, metric), std::string(name_of(shown)), fraction_cell(aggregate.mean),
                  fraction_cell(aggregate.sd), std::int64_t{aggregate.n}, std::int64_t{aggregate.expected_n}});
      if (beside == Beside::interval) append_interval(row, aggregate);
      row.resize(table.columns.size());
      table.rows.push_back(std::move(row));
    }
  }
  const std::vector<std::string> labels = configuration_labels(detail);
  for (const Published& published : detail.published) {
    std::vector<Cell> row = {published.label};
    row.resize(1 + keys.size());
    row.insert(row.end(),
               {std::string("published"), std::string(name_of(published.metric)), Fraction{published.value}});
    row.resize(ours);
    row.push_back(number_cell(difference_from(published, labels, results)));
    row.emplace_back(published.source);
    table.published.push_back(std::move(row));
  }
  return table;
}

Result<Table> trials_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(const std::vector<TrialRow> trials, reader.trials(sweep));
  const Keys keys = differing_keys(detail);
  Table table;
  table.columns = {"trial", "configuration", "fold", "seed"};
  table.columns.insert(table.columns.end(), keys.begin(), keys.end());
  append_names(table, {"state", "attempt", "crashes", "epoch", "epochs", "selection", "wa", "ua", "macro_f1",
                       "weighted_f1", "message"});
  const bool own_rule = rule == detail.select.epoch &&
                        stored_metric(rule, metric) == stored_metric(detail.select.epoch, detail.select.metric);
  for (const TrialRow& trial : trials) {
    std::optional<Scores> scores = trial.scores;
    if (!own_rule) {
      const Result<Selected> selected = reader.selected(trial.id, rule, metric);
      if (!selected && selected.error().code != ErrorCode::not_found) return selected.error();
      scores = selected ? std::optional(scores_of(selected->confusion)) : std::nullopt;
    }
    std::vector<Cell> row = trial_cells(detail, trial);
    append_differing(row, detail.configurations[static_cast<std::size_t>(trial.configuration)], keys);
    row.insert(row.end(), {std::string(name_of(trial.state)), std::int64_t{trial.attempt}, std::int64_t{trial.crashes},
                           std::int64_t{trial.epoch}, std::int64_t{trial.epochs}, selection_text(rule, metric)});
    append_scores(row, scores);
    row.push_back(trial.message);
    table.rows.push_back(std::move(row));
  }
  return table;
}

Result<Table> metrics_table(ResultReader& reader, SweepId sweep) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(const std::vector<TrialRow> trials, reader.trials(sweep));
  Table table;
  table.columns = {"trial",
                   "configuration",
                   "fold",
                   "seed",
                   "split",
                   "epoch",
                   "utterances",
                   "wa",
                   "ua",
                   "macro_f1",
                   "weighted_f1",
                   "total",
                   "task",
                   "auxiliary",
                   "auxiliary_by_modality",
                   "subspace",
                   "similarity",
                   "difference",
                   "reconstruction",
                   "cycle",
                   "gradient_norm",
                   "learning_rate",
                   "confusion"};
  const Keys classes = class_names(detail);
  for (const std::string& name : classes) {
    for (const char* score : {"precision.", "recall.", "f1."}) table.columns.push_back(score + name);
  }
  for (const TrialRow& trial : trials) {
    for (const Split split : {Split::train, Split::validation, Split::test}) {
      MER_ASSIGN(const std::vector<EpochRow> curve, reader.curve(trial.id, split));
      for (const EpochRow& epoch : curve) {
        const LossComponents& losses = epoch.losses;
        std::vector<Cell> row = trial_cells(detail, trial);
        row.insert(row.end(), {std::string(name_of(split)), std::int64_t{epoch.epoch}, epoch.utterances});
        append_scores(row, scores_of(epoch.confusion));
        row.insert(row.end(), {losses.total, losses.task, number_cell(losses.auxiliary)});
        row.push_back(losses.auxiliary_by_modality.empty() ? Cell() : doubles_to_json(losses.auxiliary_by_modality));
        row.insert(row.end(),
                   {number_cell(losses.subspace), number_cell(losses.similarity), number_cell(losses.difference),
                    number_cell(losses.reconstruction), number_cell(losses.cycle), number_cell(epoch.gradient_norm),
                    number_cell(epoch.learning_rate), confusion_text(epoch.confusion)});
        append_class_scores(row, epoch.confusion, classes.size());
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

Result<Table> predictions_table(ResultReader& reader, SweepId sweep, SelectionRule rule, Metric metric) {
  MER_ASSIGN(const SweepDetail detail, reader.sweep(sweep));
  MER_ASSIGN(const std::vector<TrialRow> trials, reader.trials(sweep));
  const Keys classes = class_names(detail);
  const auto label = [&](int position) {
    const auto i = static_cast<std::size_t>(position);
    return i < classes.size() ? classes[i] : std::to_string(position);
  };
  Table table;
  table.columns = {"trial",     "configuration", "fold",  "seed",     "selection",
                   "utterance", "dialogue",      "truth", "predicted"};
  for (const std::string& name : classes) table.columns.push_back("p_" + name);
  for (const TrialRow& trial : trials) {
    if (trial.state != TrialState::done) continue;
    Result<std::vector<Prediction>> predictions = reader.predictions(trial.id, rule, metric);
    if (!predictions) return predictions.error();
    for (const Prediction& prediction : *predictions) {
      std::vector<Cell> row = trial_cells(detail, trial);
      row.insert(row.end(), {selection_text(rule, metric), prediction.utterance, prediction.dialogue,
                             label(prediction.truth), label(prediction.predicted)});
      for (const float p : prediction.probabilities) row.emplace_back(double{p});
      row.resize(table.columns.size());
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

}  // namespace mer::storage
