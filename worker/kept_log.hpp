// KeptLog: what is kept of a text that may have no end: its beginning, as it comes, and its last lines, at its end.
//
// Threads: one. Errors: none; it decides what is to be written, and writes nothing itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mer::worker {

struct LogLimits {
  std::size_t beginning = std::size_t{16} << 20;  // bytes
  std::size_t end = std::size_t{1} << 20;         // bytes; the memory that a log takes is at most about twice as much
};

class KeptLog {
 public:
  explicit KeptLog(LogLimits limits) : limits_(limits) {}

  // The text goes on with `bytes`; what of it is to be written now.
  std::string take(std::string_view bytes);

  // What is to be written when nothing more comes: the rest of the text, or its last lines after one that says how many
  // bytes were left out.
  std::string ending() const;

  // The text's last lines, at most `bytes` (and LogLimits::end).
  std::string last_lines(std::size_t bytes = 4096) const;

 private:
  std::string_view last(std::size_t bytes) const;

  LogLimits limits_;
  std::uint64_t length_ = 0;  // of the text so far
  std::string last_;          // its end
};

}  // namespace mer::worker
