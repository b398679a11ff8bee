// Threads: pure functions. Errors: none.
#pragma once

#include <string>
#include <string_view>

namespace mer {

// Whole characters, none longer than it has to be, no surrogates (RFC 3629).
bool is_utf8(std::string_view text);

// REQUIRES: a code point that is no surrogate.
void append_utf8(std::string& text, char32_t point);

}  // namespace mer
