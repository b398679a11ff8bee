#include "web/hyperparameters_api.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/stats/importance.hpp"
#include "storage/configurations.hpp"
#include "storage/tables.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using Json = nlohmann::ordered_json;

// By key, then by configuration; null where a configuration does not have the key.
using Values = std::vector<std::vector<Json>>;

Values values_of(const storage::SweepDetail& sweep, const std::vector<std::string>& keys) {
  Values values(keys.size(), std::vector<Json>(sweep.configurations.size()));
  for (std::size_t row = 0; row < sweep.configurations.size(); ++row) {
    for (const auto& [key, text] : sweep.configurations[row].differing) {
      const auto at = std::ranges::find(keys, key);
      if (at != keys.end()) values[std::size_t(at - keys.begin())][row] = parsed(text);
    }
  }
  return values;
}

// Of the configurations whose every fold has its score.
struct Complete {
  std::vector<double> scores;
  std::vector<stats::KeyValues> keys;
};

Complete complete_of(const std::vector<storage::ResultRow>& rows, Metric metric, const Values& values) {
  Complete complete;
  complete.keys.resize(values.size());
  for (const storage::ResultRow& row : rows) {
    const std::optional<double> mean = storage::aggregate_for(row, metric).mean;
    if (!mean) continue;
    complete.scores.push_back(*mean);
    for (std::size_t key = 0; key < values.size(); ++key) {
      const Json& value = values[key][std::size_t(row.configuration)];
      complete.keys[key].push_back(
          {value.dump(), value.is_number() ? std::optional(value.get<double>()) : std::nullopt});
    }
  }
  return complete;
}

Json key_value(const std::string& name, const std::vector<Json>& values, const stats::Importance* importance) {
  const bool numeric = std::ranges::all_of(values, [](const Json& value) { return value.is_number(); });
  Json key = {{"name", name}, {"numeric", numeric}};
  const stats::Importance none;
  const stats::Importance& known = importance != nullptr ? *importance : none;
  key["share"] = number(known.share);
  key["adjusted"] = number(known.adjusted);
  key["levels"] = known.levels;
  key["binned"] = known.binned;
  key["why_not"] = known.why_not;
  return key;
}

Json row_value(const storage::ResultRow& row, Metric metric, const Values& values) {
  const storage::Aggregate& aggregate = storage::aggregate_for(row, metric);
  Json own = Json::array();
  for (const std::vector<Json>& key : values) own.push_back(key[std::size_t(row.configuration)]);
  return {{"configuration", row.configuration}, {"values", std::move(own)}, {"mean", number(aggregate.mean)},
          {"sd", number(aggregate.sd)},         {"n", aggregate.n},         {"expected_n", aggregate.expected_n}};
}

std::string importance_caption(const stats::Importances& found, std::size_t complete) {
  std::string text =
      "Share of the variance of " + std::to_string(complete) + " configurations' means that each key explains. ";
  text += found.grid
              ? "A complete grid: these are exactly the main effects and interactions of two of a functional ANOVA; "
                "with those of more keys they add up to 1. "
              : "Not a complete grid: an estimate, each key taken alone. Keys that vary together share what they "
                "explain, so that the shares need not add up to 1. ";
  return text +
         "Adjusted: less what chance gives (epsilon squared), about 0 for a key that says nothing. It speaks of the "
         "values "
         "tried here, and is no test.";
}

}  // namespace

Result<std::string> hyperparameters_json(storage::ResultReader& reader, const storage::SweepDetail& sweep,
                                         EpochChoice epoch) {
  MER_ASSIGN(const auto rows, reader.results(sweep.summary.id, epoch.rule, epoch.metric));
  const std::vector<std::string> keys = storage::differing_keys(sweep);
  const Values values = values_of(sweep, keys);
  const Complete complete = complete_of(rows, epoch.metric, values);
  const stats::Importances found = stats::importances(complete.scores, complete.keys);
  Json answer = envelope();
  answer["sweep"] = sweep.summary.id.number;
  answer["rule"] = name_of(epoch.rule);
  answer["oracle"] = epoch.rule == SelectionRule::best_test;
  answer["metric"] = name_of(epoch.metric);
  answer["caption"] = storage::results_caption(sweep, epoch.rule, epoch.metric);
  answer["complete"] = complete.scores.size();
  answer["left_out"] = rows.size() - complete.scores.size();
  answer["why_not"] = found.why_not;
  answer["grid"] = found.grid;
  answer["importance_caption"] = found.why_not.empty() ? importance_caption(found, complete.scores.size()) : "";
  answer["keys"] = Json::array();
  for (std::size_t key = 0; key < keys.size(); ++key) {
    answer["keys"].push_back(key_value(keys[key], values[key], found.keys.empty() ? nullptr : &found.keys[key]));
  }
  answer["interactions"] = Json::array();
  for (const stats::Interaction& one : found.interactions) {
    answer["interactions"].push_back({{"keys", {keys[one.first], keys[one.second]}}, {"share", number(one.share)}});
  }
  answer["configurations"] = Json::array();
  for (const storage::ResultRow& row : rows) answer["configurations"].push_back(row_value(row, epoch.metric, values));
  return text_of(answer);
}

}  // namespace mer::web
