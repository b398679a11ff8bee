// A comparison of two runs of one trial as a table for a screen and as JSON.
//
// Threads: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/reproduction.hpp"

namespace mer::cli {

// Heading first: what, recorded, again, difference. One row for the weights, for each selection ("45.2 (12)": percent
// and epoch), for each part's curve, and for each quantity of a curve that differs (its values in the first epoch in
// which it does).
std::vector<std::vector<std::string>> rows_of(const Comparison& comparison);

// Every number whole: {"identical", "verdict", "first_epoch", "weights", "selections", "parts", "curve",
// "environment"}. A number that is not finite is a string, as in docs/http.md.
nlohmann::ordered_json json_of(const Comparison& comparison);

}  // namespace mer::cli
