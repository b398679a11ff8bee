// Threads: a pure function. Errors: none.
#pragma once

#include <string_view>

namespace mer {

// Whole characters, none longer than it has to be, no surrogates (RFC 3629).
bool is_utf8(std::string_view text);

}  // namespace mer
