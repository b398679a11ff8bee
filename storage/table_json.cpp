#include "storage/table_json.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "storage/codec.hpp"

namespace mer::storage {
namespace {

using Json = nlohmann::ordered_json;

std::string validation_text(const nlohmann::json& folds) {
  const auto validation = folds.value("validation", nlohmann::json("none"));
  if (validation.is_object()) {
    return double_text(validation.at("dialogues").get<double>()) + " of the training dialogues";
  }
  const std::string kind = validation.get<std::string>();
  return kind == "partner" ? "partner (shares dialogues with the test part)" : kind;
}

// Throws what the JSON library does.
std::string sentence_of(const nlohmann::json& folds) {
  const std::string scheme = folds.at("scheme").get<std::string>();
  std::string text = "Folds: " + scheme;
  if (folds.contains("test")) text += " (test: " + folds["test"].get<std::string>() + ")";
  if (scheme == "speaker-pairs") text += " (each utterance is tested twice)";
  text += "; validation: " + validation_text(folds);
  if (folds.value("context", "own") == "full") text += "; context: full (test contexts contain training speech)";
  return text + ".";
}

Json number_of(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

struct JsonOf {
  Json operator()(std::monostate) const { return {}; }
  Json operator()(const std::string& text) const { return text; }
  Json operator()(std::int64_t count) const { return count; }
  Json operator()(double value) const { return number_of(value); }
  Json operator()(const Fraction& fraction) const { return number_of(fraction.value); }
  Json operator()(const Spread& spread) const {
    Json json;
    json["mean"] = spread.mean ? number_of(*spread.mean) : Json();
    json["sd"] = spread.sd ? number_of(*spread.sd) : Json();
    if (spread.half_width) json["half_width"] = number_of(*spread.half_width);
    if (spread.difference) json["difference"] = number_of(*spread.difference);
    return json;
  }
  Json operator()(const Estimate& estimate) const {
    Json json;
    json["value"] = number_of(estimate.value);
    json["low"] = number_of(estimate.low);
    json["high"] = number_of(estimate.high);
    return json;
  }
  Json operator()(const Share& share) const { return std::to_string(share.n) + '/' + std::to_string(share.expected); }
};

Json rows_of(const Table& table, const std::vector<std::vector<Cell>>& rows) {
  Json array = Json::array();
  for (const auto& row : rows) {
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) object[table.columns[i]] = std::visit(JsonOf{}, row[i]);
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace

Cell cell_of_json(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_string()) return json.get<std::string>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number_float()) return json.get<double>();
  return text;
}

std::string text_of_json(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  return json.is_string() ? json.get<std::string>() : text;
}

std::string folds_sentence(const std::string& settings_json) {
  try {
    return sentence_of(nlohmann::json::parse(settings_json).at("folds"));
  } catch (const std::exception&) {
    return "";
  }
}

std::string to_json_text(const Table& table) {
  Json json;
  json["schema"] = 1;
  json["caption"] = table.caption;
  json["columns"] = table.columns;
  json["rows"] = rows_of(table, table.rows);
  json["published"] = rows_of(table, table.published);
  json["notes"] = table.notes;
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mer::storage
