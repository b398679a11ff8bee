// Pieces that the API's answers share. Threads: pure functions. Errors: none.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/scores.hpp"
#include "core/stats/summary.hpp"
#include "storage/result_store.hpp"

namespace mer::web {

// JSON has no NaN and no infinity: they become the strings "NaN", "Infinity", "-Infinity".
nlohmann::ordered_json number(double value);
nlohmann::ordered_json number(const std::optional<double>& value);                      // nullopt: null
nlohmann::ordered_json interval_value(const std::optional<stats::Interval>& interval);  // [low, high], or null
nlohmann::ordered_json scores_value(const Scores& scores);
nlohmann::ordered_json matrix_value(const ConfusionMatrix& matrix);  // rows = truth
nlohmann::ordered_json summary_value(const storage::SweepSummary& summary);

// Text that is JSON already (a stored document) as a value; the text itself as a string when it is not.
nlohmann::ordered_json parsed(const std::string& text);

// The answer's object, with "schema" first.
nlohmann::ordered_json envelope();
// Bytes that are not UTF-8 become U+FFFD.
std::string text_of(const nlohmann::ordered_json& value);

}  // namespace mer::web
