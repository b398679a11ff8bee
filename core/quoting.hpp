// A user's values as they stand in messages: one line of ASCII, cut where they are long.
//
// Threads: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mer {

constexpr std::size_t kMaxShown = 60;  // characters

std::string quote(std::string_view text);
std::string quote_list(const std::vector<std::string>& values);  // "a", "b", ... (at most 12)

// JSON; of a value with more than kMaxShown parts only their number.
std::string shown(const nlohmann::json& value);

}  // namespace mer
