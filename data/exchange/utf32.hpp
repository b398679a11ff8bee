// Between UTF-8 and the little-endian UTF-32 of NumPy's strings, which end where only NUL characters follow.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mer::data {

// nullopt: a surrogate, or beyond Unicode. REQUIRES: whole characters.
std::optional<std::string> utf8_of_utf32(std::string_view bytes);

// REQUIRES: is_utf8(text).
std::string utf32_of_utf8(std::string_view text);

}  // namespace mer::data
