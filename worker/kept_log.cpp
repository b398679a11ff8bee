#include "worker/kept_log.hpp"

#include <algorithm>

namespace mer::worker {
namespace {

constexpr const char* kFull = "[mer: this log is full; the last lines of what follows are written at its end]\n";

// Without the line whose beginning is missing, unless it is the only one.
std::string_view whole_lines(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos || end + 1 == text.size() ? text : text.substr(end + 1);
}

}  // namespace

std::string KeptLog::take(std::string_view bytes) {
  const std::uint64_t room = limits_.beginning - std::min<std::uint64_t>(limits_.beginning, length_);
  std::string now(bytes.substr(0, std::size_t(room)));
  const bool fills_up = length_ <= limits_.beginning && bytes.size() > room;
  if (fills_up) {
    const std::string_view before = now.empty() ? std::string_view(last_) : std::string_view(now);
    now += (before.empty() || before.back() == '\n' ? "" : "\n") + std::string(kFull);
  }
  length_ += bytes.size();
  last_ += bytes.substr(bytes.size() - std::min(bytes.size(), limits_.end));
  if (last_.size() > 2 * limits_.end) last_.erase(0, last_.size() - limits_.end);
  return now;
}

std::string KeptLog::ending() const {
  const std::uint64_t held = length_ - std::min<std::uint64_t>(length_, limits_.beginning);
  if (held <= limits_.end) return std::string(last(std::size_t(held)));
  const std::string_view kept = whole_lines(last(limits_.end));
  return "[mer: " + std::to_string(held - kept.size()) + " bytes are left out here]\n" + std::string(kept);
}

std::string KeptLog::last_lines(std::size_t bytes) const {
  const std::size_t most = std::min(bytes, limits_.end);
  return std::string(length_ > most ? whole_lines(last(most)) : last(most));
}

std::string_view KeptLog::last(std::size_t bytes) const {
  return std::string_view(last_).substr(last_.size() - std::min(last_.size(), bytes));
}

}  // namespace mer::worker
