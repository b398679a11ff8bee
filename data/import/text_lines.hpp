// The lines of a raw corpus' text files, which come from several systems and decades.
//
// Threads: pure functions. Errors: none; what is odd becomes a finding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/import/findings.hpp"

namespace mer::data {

struct TextLine {
  std::size_t number = 0;  // from 1
  std::string text;        // UTF-8 without control characters but tabs; no blanks at its ends
};

// Blank lines are left out. A byte order mark and Windows line ends are taken off; a line that is not UTF-8 is read as
// Windows-1252; one with control characters is skipped, as is a whole file in UTF-16.
std::vector<TextLine> text_lines(std::string_view bytes, const std::string& file, Findings& findings);

// Every byte is a character there; the five that are none become U+FFFD.
std::string utf8_of_windows_1252(std::string_view bytes);

}  // namespace mer::data
