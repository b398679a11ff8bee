// UTF-8, checked strictly: no overlong form, no surrogate, nothing above U+10FFFF.
//
// Threads: pure function. Errors: none.
#pragma once

#include <string_view>

namespace mer {

bool is_utf8(std::string_view text);

}  // namespace mer
