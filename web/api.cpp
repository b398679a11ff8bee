#include "web/api.hpp"

#include <utility>

#include "core/json.hpp"
#include "storage/missing.hpp"
#include "storage/tables.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using Json = nlohmann::ordered_json;
using storage::ResultReader;

Json counts_value(const storage::StateCounts& counts) {
  return {{"pending", counts.pending}, {"running", counts.running},   {"done", counts.done},
          {"failed", counts.failed},   {"diverged", counts.diverged}, {"cancelled", counts.cancelled},
          {"total", counts.total()}};
}

Json summary_value(const storage::SweepSummary& summary) {
  return {{"id", summary.id.number},
          {"name", summary.name},
          {"submitted_at", number(summary.submitted_at)},
          {"activity", storage::name_of(summary.activity)},
          {"priority", summary.priority},
          {"reused", summary.reused},
          {"counts", counts_value(summary.counts)}};
}

Json configuration_value(const storage::ConfigurationRow& configuration) {
  Json differing = Json::object();
  for (const auto& [key, text] : configuration.differing) differing[key] = parsed(text);
  return {{"id", configuration.id.hex},
          {"differing", std::move(differing)},
          {"settings", parsed(configuration.settings_json)}};
}

Json fold_value(const storage::FoldRecord& fold) {
  return {{"id", fold.id.hex},
          {"name", fold.name},
          {"train", fold.train},
          {"validation", fold.validation},
          {"test", fold.test}};
}

Json corpus_value(const storage::CorpusRecord& corpus) {
  return {{"id", corpus.id.hex},     {"name", corpus.name},
          {"path", corpus.path},     {"utterances", corpus.utterances},
          {"labels", corpus.labels}, {"facts", parsed(corpus.facts_json)}};
}

Json published_value(const Published& published) {
  return {{"label", published.label}, {"metric", name_of(published.metric)}, {"value", number(published.value)}};
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
          {"scores", row.scores ? scores_value(*row.scores) : Json()}};
}

Json aggregate_value(const storage::Aggregate& aggregate) {
  Json points = Json::array();
  for (const auto& point : aggregate.points) points.push_back(number(point));
  return {{"mean", number(aggregate.mean)},
          {"sd", number(aggregate.sd)},
          {"n", aggregate.n},
          {"expected_n", aggregate.expected_n},
          {"over", aggregate.over_seeds ? "seeds" : "folds"},
          {"points", std::move(points)}};
}

// Trials without a result, by configuration, and why.
Json missing_value(const std::vector<storage::TrialRow>& trials, const storage::SweepDetail& sweep) {
  Json list = Json::array();
  for (const auto& [all, missing] : storage::missing_trials(trials, sweep.configurations.size())) {
    for (const storage::TrialRow* const trial : missing) {
      list.push_back({{"configuration", trial->configuration},
                      {"fold", trial->fold},
                      {"seed", trial->seed},
                      {"trial", trial->id.hex},
                      {"state", name_of(trial->state)},
                      {"why", storage::why_missing(*trial, sweep)}});
    }
  }
  return list;
}

template <class Rows, class ToValue>
Json list_of(const Rows& rows, ToValue to_value) {
  Json list = Json::array();
  for (const auto& row : rows) list.push_back(to_value(row));
  return list;
}

}  // namespace

Result<std::string> version_json(ResultReader& reader) {
  MER_ASSIGN(const std::int64_t version, reader.data_version());
  Json answer = envelope();
  answer["data_version"] = version;
  return text_of(answer);
}

Result<std::string> sweeps_json(ResultReader& reader) {
  MER_ASSIGN(const auto sweeps, reader.sweeps());
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

Result<std::string> trials_json(ResultReader& reader, SweepId id) {
  MER_ASSIGN(const auto trials, reader.trials(id));
  Json answer = envelope();
  answer["sweep"] = id.number;
  answer["trials"] = list_of(trials, trial_row_value);
  return text_of(answer);
}

Result<std::string> results_json(ResultReader& reader, SweepId id, SelectionRule rule, Metric metric) {
  MER_ASSIGN(const auto rows, reader.results(id, rule, metric));
  MER_ASSIGN(const storage::SweepDetail sweep, reader.sweep(id));
  Json answer = envelope();
  answer["sweep"] = id.number;
  answer["rule"] = name_of(rule);
  answer["oracle"] = rule == SelectionRule::best_test;
  answer["metric"] = name_of(metric);
  answer["caption"] = storage::results_caption(sweep, rule, metric);
  answer["rows"] = list_of(rows, [](const storage::ResultRow& row) {
    return Json{{"configuration", row.configuration},
                {"wa", aggregate_value(row.wa)},
                {"ua", aggregate_value(row.ua)},
                {"macro_f1", aggregate_value(row.macro_f1)},
                {"weighted_f1", aggregate_value(row.weighted_f1)}};
  });
  MER_ASSIGN(const auto trials, reader.trials(id));
  answer["missing"] = missing_value(trials, sweep);
  return text_of(answer);
}

std::string error_json(const Error& error) {
  Json answer = envelope();
  answer["error"] = {{"code", name_of(error.code)}, {"message", error.message}};
  return text_of(answer);
}

}  // namespace mer::web
