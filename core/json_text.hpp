// Strict parsing of JSON with comments, and of CBOR, into JSON values.
//
// Duplicate keys, trailing bytes and nesting deeper than kMaxNesting are errors: hostile input ends in an Error,
// never in a crash or an exhausted stack. Threads: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mer {

constexpr int kMaxNesting = 64;

// Error invalid: "NAME:LINE:COLUMN: what is wrong and what was expected".
Result<nlohmann::json> parse_json_text(std::string_view text, const std::string& name);
// Keeps the keys' order. For short texts: a look-up takes time linear in the number of keys.
Result<nlohmann::ordered_json> parse_ordered_json_text(std::string_view text, const std::string& name);

// pointer + "/" + key, escaped as RFC 6901 says; a long key is cut.
std::string pointer_to(const std::string& pointer, const std::string& key);

// Error corrupt.
Result<nlohmann::json> parse_cbor(std::string_view bytes);

}  // namespace mer
