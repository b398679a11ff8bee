// What may stand as a name, and as a file, in corpus.json and the tables beside it.
//
// Threads: pure functions.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>

#include "core/utf8.hpp"

namespace mer::data {

// Not empty, UTF-8, no control characters: it shows up in tables, messages and file names of exports.
inline bool is_plain_name(const std::string& text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  return !text.empty() && is_utf8(text) && std::ranges::none_of(text, is_control);
}

// A path that names something in the folder that it is relative to.
inline bool stays_inside(const std::filesystem::path& file) {
  return !file.empty() && file.is_relative() && std::ranges::find(file, "..") == file.end();
}

}  // namespace mer::data
