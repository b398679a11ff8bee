#include "cli/screen.hpp"

#include <algorithm>
#include <sys/ioctl.h>
#include <vector>

namespace mer::cli {
namespace {

// The first `columns` characters.
std::string cut(const std::string& line, int columns) {
  std::size_t end = 0;
  for (int shown = 0; end < line.size(); ++end) {
    const bool begins_character = (static_cast<unsigned char>(line[end]) & 0xC0) != 0x80;
    if (begins_character && ++shown > columns) break;
  }
  return line.substr(0, end);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

Window window_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {int(size.ws_row), int(size.ws_col)};
}

std::string fitted(const std::string& text, Window window) {
  std::vector<std::string> lines = lines_of(text);
  const std::size_t room = std::size_t(std::max(window.rows - 1, 1));
  if (lines.size() > room) {
    const std::size_t hidden = lines.size() - room + 1;
    lines.resize(room - 1);
    lines.push_back("... " + std::to_string(hidden) + " more lines");
  }
  std::string shown;
  for (const std::string& line : lines) shown += cut(line, window.columns) + "\n";
  return shown;
}

std::string drawn(const std::string& text, bool first) {
  std::string codes = first ? "\033[H\033[2J" : "\033[H";  // a cleared screen would flicker
  for (const std::string& line : lines_of(text)) codes += line + "\033[K\n";
  return codes + "\033[J";
}

}  // namespace mer::cli
