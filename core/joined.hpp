// Lists in one line of text.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace mer {

// What `text_of` makes of each part, with `between` between two of them.
template <class Parts, class TextOf = std::identity>
std::string joined(const Parts& parts, std::string_view between, TextOf text_of = {}) {
  std::string all;
  bool first = true;
  for (const auto& part : parts) {
    if (!first) all += between;
    first = false;
    all += text_of(part);
  }
  return all;
}

}  // namespace mer
