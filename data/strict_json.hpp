// JSON from outside: no duplicate keys, bounded nesting, errors that name file, line and key.
//
// Threads: pure functions. Errors: invalid.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace mer::data {

// `where` (a path) begins every message. Nesting deeper than 16 is refused.
Result<nlohmann::json> parse_json(std::string_view text, const std::string& where);
// Keeps the keys' order. For short texts: a look-up takes time linear in the number of keys.
Result<nlohmann::ordered_json> parse_ordered_json(std::string_view text, const std::string& where);

// A value of a user as it stands in a message: quoted, one line of ASCII, cut after 80 characters.
std::string quote(std::string_view text);
std::string quote_list(const std::vector<std::string>& values);  // "a", "b", ... (at most 12)
// A JSON value in a message, cut after 80 characters.
std::string shown(const nlohmann::json& value);

}  // namespace mer::data
