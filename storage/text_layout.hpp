// How text fits a screen of fixed width.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mer::storage {

// Characters as a terminal shows them, not bytes: our own texts hold "±".
std::size_t width_of(const std::string& text);

// Without what a terminal obeys: control characters become U+FFFD, tabs and carriage returns blanks; line feeds stay.
// The width stays too.
std::string printable(const std::string& text);

// Made printable and broken at spaces into lines of at most `width` characters, at least one line; a longer word stands
// alone and sticks out.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

}  // namespace mer::storage
