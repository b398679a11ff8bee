#include "web/api.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>

#include "core/json.hpp"
#include "storage/aggregate.hpp"
#include "storage/configurations.hpp"
#include "storage/missing.hpp"
#include "storage/published.hpp"
#include "storage/tables.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using Json = nlohmann::ordered_json;
using storage::ResultReader;

Json configuration_value(const storage::ConfigurationRow& configuration) {
  Json differing = Json::object();
  for (const auto& [key, text] : configuration.differing) differing[key] = parsed(text);
  return {{"id", configuration.id.hex}, {"differing", std::move(differing)}};
}

Json fold_value(const storage::FoldRecord& fold) {
  return {{"id", fold.id.hex},
          {"name", fold.name},
          {"train", fold.train},
          {"validation", fold.validation},
          {"test", fold.test}};
}

// An older version's submission has others, which nobody reads.
Json facts_value(const storage::CorpusRecord& corpus) {
  Json facts = parsed(corpus.facts_json);
  return facts.contains("features") ? facts : Json::object();
}

Json corpus_value(const storage::CorpusRecord& corpus) {
  return {{"id", corpus.id.hex},     {"name", corpus.name},
          {"path", corpus.path},     {"utterances", corpus.utterances},
          {"labels", corpus.labels}, {"facts", facts_value(corpus)}};
}

Json published_value(const Published& published) {
  return {{"label", published.label},
          {"metric", name_of(published.metric)},
          {"value", number(published.value)},
          {"source", published.source}};
}

// Beside the sweep's own numbers.
Json published_values(const storage::SweepDetail& sweep, const std::vector<storage::ResultRow>& results) {
  const std::vector<std::string> labels = storage::configuration_labels(sweep);
  Json list = Json::array();
  for (const Published& published : sweep.published) {
    const auto configuration = storage::configuration_of(published, labels);
    Json value = published_value(published);
    value["configuration"] = configuration ? Json(*configuration) : Json();
    value["difference"] = number(storage::difference_from(published, labels, results));
    list.push_back(std::move(value));
  }
  return list;
}

template <class Row>
void keep_tagged(std::vector<Row>& rows, const std::string& tag) {
  if (tag.empty()) return;
  std::erase_if(rows, [&](const Row& row) { return !storage::has_tag(row.annotation, tag); });
}

Json trial_row_value(const storage::TrialRow& row) {
  return {{"id", row.id.hex},
          {"configuration", row.configuration},
          {"fold", row.fold},
          {"seed", row.seed},
          {"state", name_of(row.state)},
          {"attempt", row.attempt},
          {"crashes", row.crashes},
          {"epoch", row.epoch},
          {"epochs", row.epochs},
          {"message", row.message},
          {"reused", row.reused},
          {"tags", row.annotation.tags},
          {"scores", row.scores ? scores_value(*row.scores) : Json()}};
}

Json aggregate_value(const storage::Aggregate& aggregate) {
  Json points = Json::array();
  for (const auto& point : aggregate.points) points.push_back(number(point));
  return {{"mean", number(aggregate.mean)},
          {"sd", number(aggregate.sd)},
          {"interval", interval_value(storage::interval_of(aggregate))},
          {"n", aggregate.n},
          {"expected_n", aggregate.expected_n},
          {"over", aggregate.over_seeds ? "seeds" : "folds"},
          {"points", std::move(points)}};
}

template <class Rows, class ToValue>
Json list_of(const Rows& rows, ToValue to_value) {
  Json list = Json::array();
  for (const auto& row : rows) list.push_back(to_value(row));
  return list;
}

// Of a part of them; of all: every one.
storage::Configurations configurations_of(std::span<const storage::ResultRow> rows, std::size_t all) {
  storage::Configurations positions;
  if (rows.size() == all) return positions;
  for (const storage::ResultRow& row : rows) positions.push_back(row.configuration);
  return positions;
}

// By configuration. Trials: of the rows' configurations.
std::map<int, std::vector<const storage::TrialRow*>> trials_of(std::span<const storage::ResultRow> rows,
                                                               const std::vector<storage::TrialRow>& trials) {
  std::map<int, std::vector<const storage::TrialRow*>> groups;
  for (const storage::ResultRow& row : rows) groups[row.configuration];
  for (const storage::TrialRow& trial : trials) groups.at(trial.configuration).push_back(&trial);
  return groups;
}

Json missing_value(int configuration, const std::vector<const storage::TrialRow*>& trials,
                   const storage::SweepDetail& sweep) {
  Json list = Json::array();
  for (const storage::TrialRow* const trial : trials) {
    if (trial->state == TrialState::done) continue;
    list.push_back({{"configuration", configuration},
                    {"fold", trial->fold},
                    {"seed", trial->seed},
                    {"trial", trial->id.hex},
                    {"state", name_of(trial->state)},
                    {"why", storage::why_missing(*trial, sweep)}});
  }
  return list;
}

// What each point is, in the order of the points: a fold, or a seed of the only fold. `ended`: a trial of it has ended
// without a result, so that none will come.
Json units_value(bool over_seeds, const std::vector<const storage::TrialRow*>& trials,
                 const storage::SweepDetail& sweep) {
  struct Unit {
    std::uint64_t key = 0;
    const storage::TrialRow* first = nullptr;
    bool ended = false;
  };
  std::vector<Unit> units;
  for (const storage::TrialRow* const trial : trials) {
    const std::uint64_t key = over_seeds ? trial->seed : std::uint64_t(trial->fold);
    auto unit = std::ranges::find(units, key, &Unit::key);
    if (unit == units.end()) {
      units.push_back({key, trial});
      unit = units.end() - 1;
    }
    const bool may_come = trial->state == TrialState::pending || trial->state == TrialState::running;
    unit->ended = unit->ended || (trial->state != TrialState::done && !may_come);
  }
  return list_of(units, [&](const Unit& unit) {
    const std::string name = over_seeds ? "seed " + std::to_string(unit.key) : sweep.folds[std::size_t(unit.key)].name;
    return Json{{"name", name}, {"trial", unit.first->id.hex}, {"ended", unit.ended}};
  });
}

Json result_value(const storage::ResultRow& row, const std::vector<const storage::TrialRow*>& trials,
                  const storage::SweepDetail& sweep) {
  return {{"configuration", row.configuration},
          {"wa", aggregate_value(row.wa)},
          {"ua", aggregate_value(row.ua)},
          {"macro_f1", aggregate_value(row.macro_f1)},
          {"weighted_f1", aggregate_value(row.weighted_f1)},
          {"units", units_value(row.wa.over_seeds, trials, sweep)}};
}

void sort_by(std::vector<storage::ResultRow>& rows, Metric metric) {
  const auto mean = [metric](const storage::ResultRow& row) {
    return storage::aggregate_for(row, metric).mean.value_or(-1);
  };
  std::ranges::stable_sort(rows, std::ranges::greater(), mean);
}

// Of all rows, whatever the page.
Json range_value(const std::vector<storage::ResultRow>& rows, Metric metric) {
  std::optional<std::pair<double, double>> range;
  for (const storage::ResultRow& row : rows) {
    for (const auto& point : storage::aggregate_for(row, metric).points) {
      if (!point || !std::isfinite(*point)) continue;
      range = range ? std::pair(std::min(range->first, *point), std::max(range->second, *point))
                    : std::pair(*point, *point);
    }
  }
  return range ? Json::array({range->first, range->second}) : Json();
}

Json best_value(const std::vector<storage::ResultRow>& rows) {
  Json best = Json::object();
  for (const Metric metric : storage::kEveryMetric) {
    best[name_of(metric)] = number(storage::best_mean(rows, metric));
  }
  return best;
}

}  // namespace

Result<std::string> version_json(ResultReader& reader, bool controls) {
  MER_ASSIGN(const std::int64_t version, reader.data_version());
  Json answer = envelope();
  answer["data_version"] = version;
  answer["controls"] = controls;
  return text_of(answer);
}

Result<std::string> sweeps_json(ResultReader& reader, const std::string& tag) {
  MER_ASSIGN(auto sweeps, reader.sweeps());
  keep_tagged(sweeps, tag);
  Json answer = envelope();
  answer["sweeps"] = list_of(sweeps, summary_value);
  return text_of(answer);
}

Result<std::string> sweep_json(ResultReader& reader, SweepId id) {
  MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(id));
  Json answer = envelope();
  answer.update(summary_value(sweep.summary));
  answer["code_version"] = sweep.code_version;
  answer["select"] = {{"epoch", name_of(sweep.select.epoch)}, {"metric", name_of(sweep.select.metric)}};
  answer["seeds"] = sweep.seeds;
  answer["configurations"] = list_of(sweep.configurations, configuration_value);
  answer["folds"] = list_of(sweep.folds, fold_value);
  answer["corpora"] = list_of(sweep.corpora, corpus_value);
  answer["published"] = list_of(sweep.published, published_value);
  return text_of(answer);
}

Result<std::string> trials_json(ResultReader& reader, SweepId id, const TrialsQuery& query) {
  MER_ASSIGN(auto trials, reader.trials(id));
  keep_tagged(trials, query.tag);
  if (query.state) {
    std::erase_if(trials, [&](const storage::TrialRow& trial) { return trial.state != *query.state; });
  }
  Json answer = envelope();
  answer["sweep"] = id.number;
  answer["total"] = trials.size();
  answer["trials"] = list_of(part_of(trials, query.page), trial_row_value);
  return text_of(answer);
}

Result<std::string> results_json(ResultReader& reader, SweepId id, const ResultsQuery& query) {
  MER_ASSIGN(auto rows, reader.results(id, query.rule, query.metric));
  MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(id));
  Json answer = envelope();
  answer["sweep"] = id.number;
  answer["rule"] = name_of(query.rule);
  answer["oracle"] = query.rule == SelectionRule::best_test;
  answer["metric"] = name_of(query.metric);
  answer["caption"] = storage::results_caption(sweep, query.rule, query.metric);
  answer["total"] = rows.size();
  answer["range"] = range_value(rows, query.metric);
  answer["best"] = best_value(rows);
  answer["published"] = published_values(sweep, rows);
  if (query.sort) sort_by(rows, *query.sort);
  answer["rows"] = Json::array();
  answer["missing"] = Json::array();
  const auto page = part_of(rows, query.page);
  std::vector<storage::TrialRow> trials;
  if (!page.empty()) {
    MER_ASSIGN(trials, reader.trials(id, configurations_of(page, rows.size())));
  }
  const auto groups = trials_of(page, trials);
  for (const storage::ResultRow& row : page) {
    const auto& group = groups.at(row.configuration);
    answer["rows"].push_back(result_value(row, group, sweep));
    for (Json& missing : missing_value(row.configuration, group, sweep))
      answer["missing"].push_back(std::move(missing));
  }
  return text_of(answer);
}

std::string error_json(const Error& error) {
  Json answer = envelope();
  answer["error"] = {{"code", name_of(error.code)}, {"message", error.message}};
  return text_of(answer);
}

}  // namespace mer::web
