#include "cli/reproduction_text.hpp"

#include <array>
#include <cmath>
#include <cstdio>

#include "cli/output.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<std::string>;

constexpr const char* kNone = "none";
constexpr std::size_t kShownDigits = 8;  // of a hash

std::string number_text(const char* format, double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string value_text(const std::optional<double>& value) {
  return value ? number_text("%.6g", *value) : "-";
}

std::string hash_text(const std::string& hash) {
  return hash.empty() ? "-" : hash.substr(0, kShownDigits);
}

std::string epochs_text(int epochs) {
  return std::to_string(epochs) + (epochs == 1 ? " epoch" : " epochs");
}

std::string rule_text(const SelectionComparison& selection) {
  const std::string oracle = selection.rule == SelectionRule::best_test ? " (oracle)" : "";
  return name_of(selection.rule) + oracle + ' ' + name_of(selection.metric);
}

std::string side_text(const SelectionComparison::Side& side) {
  return side.epoch == 0 ? "-" : percent(side.score) + " (" + std::to_string(side.epoch) + ')';
}

std::string difference_text(const SelectionComparison& selection) {
  if (selection.same) return kNone;
  if (selection.recorded.epoch == 0 || selection.again.epoch == 0) return "only one run has it";
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (selection.recorded.epoch != selection.again.epoch) add("epoch");
  if (selection.utterances > 0) {
    add(std::to_string(selection.utterances) + (selection.utterances == 1 ? " utterance" : " utterances"));
  }
  if (selection.probability > 0) add("probabilities by " + number_text("%.2g", selection.probability));
  return text.empty() ? "signs of zeros" : text;  // 0 and -0: no distance, but not the same bits
}

std::string difference_text(const CurveDifference& difference) {
  const std::string since = "epoch " + std::to_string(difference.first) + " on";
  if (std::isinf(difference.largest)) return since;  // nothing to subtract
  return since + ", by " + number_text("%.2g", difference.largest);
}

std::string difference_text(const Comparison& comparison, const PartComparison& part) {
  int quantities = 0;
  for (const CurveDifference& difference : comparison.curve) quantities += difference.split == part.split ? 1 : 0;
  std::string text;
  if (part.first_gone) text = "epoch " + std::to_string(*part.first_gone) + " in one only";
  if (quantities > 0) {
    text += (text.empty() ? "" : ", ") + std::to_string(quantities) + (quantities == 1 ? " quantity" : " quantities");
  }
  return text.empty() ? kNone : text;
}

Json number(const std::optional<double>& value) {
  if (!value) return nullptr;
  if (std::isnan(*value)) return "NaN";
  if (std::isinf(*value)) return *value > 0 ? "Infinity" : "-Infinity";
  return *value;
}

Json json_of(const SelectionComparison::Side& side) {
  if (side.epoch == 0) return nullptr;
  return {{"epoch", side.epoch}, {"score", number(side.score)}};
}

Json json_of(const SelectionComparison& selection) {
  return {
      {"rule", name_of(selection.rule)},          {"oracle", selection.rule == SelectionRule::best_test},
      {"metric", name_of(selection.metric)},      {"same", selection.same},
      {"recorded", json_of(selection.recorded)},  {"again", json_of(selection.again)},
      {"utterances_moved", selection.utterances}, {"largest_probability_difference", number(selection.probability)}};
}

Json json_of(const PartComparison& part) {
  return {{"split", name_of(part.split)},
          {"recorded_epochs", part.recorded},
          {"again_epochs", part.again},
          {"first_epoch_of_one_only", part.first_gone ? Json(*part.first_gone) : Json()}};
}

Json json_of(const CurveDifference& difference) {
  return {{"split", name_of(difference.split)},
          {"quantity", difference.quantity},
          {"epochs", difference.epochs},
          {"first_epoch", difference.first},
          {"recorded", number(difference.recorded)},
          {"again", number(difference.again)},
          {"largest_difference", number(difference.largest)}};
}

Json json_of(const EnvironmentDifference& difference) {
  return {{"what", difference.what}, {"recorded", difference.recorded}, {"again", difference.again}};
}

template <class T>
Json list_of(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(json_of(value));
  return list;
}

}  // namespace

std::vector<std::vector<std::string>> rows_of(const Comparison& comparison) {
  std::vector<Row> rows = {{"what", "recorded", "again", "difference"}};
  const bool same_weights = comparison.recorded_weights == comparison.again_weights;
  rows.push_back({"final weights' SHA-256", hash_text(comparison.recorded_weights), hash_text(comparison.again_weights),
                  same_weights ? kNone : "other weights"});
  for (const SelectionComparison& selection : comparison.selections) {
    rows.push_back(
        {rule_text(selection), side_text(selection.recorded), side_text(selection.again), difference_text(selection)});
  }
  for (const PartComparison& part : comparison.parts) {
    rows.push_back({std::string(name_of(part.split)) + " part's curve", epochs_text(part.recorded),
                    epochs_text(part.again), difference_text(comparison, part)});
    for (const CurveDifference& difference : comparison.curve) {
      if (difference.split != part.split) continue;
      rows.push_back({"  " + difference.quantity, value_text(difference.recorded), value_text(difference.again),
                      difference_text(difference)});
    }
  }
  return rows;
}

Json json_of(const Comparison& comparison) {
  const std::optional<int> first = comparison.first_epoch();
  const auto hash = [](const std::string& digits) { return digits.empty() ? Json() : Json(digits); };
  return {{"identical", comparison.identical()},
          {"verdict", verdict_of(comparison)},
          {"first_epoch", first ? Json(*first) : Json()},
          {"weights", {{"recorded", hash(comparison.recorded_weights)}, {"again", hash(comparison.again_weights)}}},
          {"selections", list_of(comparison.selections)},
          {"parts", list_of(comparison.parts)},
          {"curve", list_of(comparison.curve)},
          {"environment", list_of(comparison.environment)}};
}

}  // namespace mer::cli
