// What the fuzz programs share. Each defines LLVMFuzzerTestOneInput, which must not crash and must keep its promises.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/utf8.hpp"
#include "data/import/findings.hpp"

namespace mer::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool promise) {
  if (!promise) __builtin_trap();
}

// Each names the file and a line that it has, and says what was wrong and what was done, in UTF-8.
inline void require_sound(const data::Findings& findings, std::string_view bytes) {
  const auto lines = std::size_t(std::ranges::count(bytes, '\n')) + 1;
  for (const data::Finding& finding : findings) {
    require(finding.file == "file" && finding.line <= lines);
    require(!finding.problem.empty() && !finding.action.empty() && is_utf8(text_of(finding)));
  }
}

}  // namespace mer::fuzz
