// Numbers in tables and file names.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <string>

namespace mer::data {

// The fewest digits that read back as the same number.
std::string shortest_text(std::floating_point auto number) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

}  // namespace mer::data
