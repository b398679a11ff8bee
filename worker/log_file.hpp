// LogFile: the file that keeps what a trainer prints, within limits (worker/kept_log.hpp).
//
// A log never hurts a trial: what cannot be written (a full disk, a folder that cannot be made) is skipped, and the
// file says how much that was as soon as it can be written again. Threads: one. Errors: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/descriptor.hpp"
#include "worker/kept_log.hpp"

namespace mer::worker {

class LogFile {
 public:
  // Adds to the file if it is there; its folder is made.
  LogFile(std::string path, LogLimits limits);

  void add(std::string_view printed);

  // Nothing more comes: writes the ending and closes the file. Once.
  void finish();

  std::string last_lines() const { return kept_.last_lines(); }

 private:
  bool open();
  void write(std::string_view bytes);
  std::size_t write_some(std::string_view bytes);

  std::string path_;
  KeptLog kept_;
  Descriptor file_;
  std::uint64_t missed_ = 0;  // bytes that could not be written since the last that could
  int reason_ = 0;            // errno of that
};

}  // namespace mer::worker
