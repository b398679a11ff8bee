// A text that is drawn again and again on a terminal.
//
// Threads: pure functions, but for window_of(). Errors: none.
#pragma once

#include <string>

namespace mer::cli {

struct Window {
  int rows = 24, columns = 80;
};

// Of the terminal behind a descriptor; where it does not say, 80 x 24.
Window window_of(int descriptor);

// `text` within a window, whose last row stays free for the cursor: longer lines are cut, and lines that have no room
// give way to one that counts them.
std::string fitted(const std::string& text, Window window);

// What draws `text` over the text that was drawn before; `first`: over whatever is there.
std::string drawn(const std::string& text, bool first);

}  // namespace mer::cli
