#include "web/json_values.hpp"

#include <cmath>

#include "core/json.hpp"
#include "web/api.hpp"

namespace mer::web {

using Json = nlohmann::ordered_json;

namespace {

Json counts_value(const storage::StateCounts& counts) {
  return {{"pending", counts.pending}, {"running", counts.running},   {"done", counts.done},
          {"failed", counts.failed},   {"diverged", counts.diverged}, {"cancelled", counts.cancelled},
          {"total", counts.total()}};
}

}  // namespace

Json number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Json number(const std::optional<double>& value) {
  return value ? number(*value) : Json();
}

Json interval_value(const std::optional<stats::Interval>& interval) {
  return interval ? Json::array({number(interval->low), number(interval->high)}) : Json();
}

Json scores_value(const Scores& scores) {
  return {{"wa", number(scores.wa)},
          {"ua", number(scores.ua)},
          {"macro_f1", number(scores.macro_f1)},
          {"weighted_f1", number(scores.weighted_f1)}};
}

Json matrix_value(const ConfusionMatrix& matrix) {
  Json rows = Json::array();
  for (int truth = 0; truth < matrix.classes; ++truth) {
    Json row = Json::array();
    for (int prediction = 0; prediction < matrix.classes; ++prediction) row.push_back(matrix.at(truth, prediction));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json summary_value(const storage::SweepSummary& summary) {
  return {{"id", summary.id.number},
          {"name", summary.name},
          {"submitted_at", number(summary.submitted_at)},
          {"activity", storage::name_of(summary.activity)},
          {"priority", summary.priority},
          {"reused", summary.reused},
          {"note", summary.annotation.note},
          {"tags", summary.annotation.tags},
          {"counts", counts_value(summary.counts)}};
}

Json parsed(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

Json envelope() {
  return {{"schema", kApiSchema}};
}

std::string text_of(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mer::web
