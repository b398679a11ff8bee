// ExtractorProcess: mer-extractor as a child. A signal that ends merctl is handed on to it; it ends when merctl does.
//
// Threads: one owner. Errors: unavailable when it cannot be started.
#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"
#include "core/result.hpp"

namespace mer::cli {

class ExtractorProcess {
 public:
  static Result<ExtractorProcess> start(const std::filesystem::path& program, std::vector<std::string> arguments);
  ExtractorProcess(ExtractorProcess&& other) noexcept;
  ExtractorProcess& operator=(ExtractorProcess&&) = delete;
  ~ExtractorProcess();  // kills what still runs

  // Waits up to `milliseconds` for standard output and returns what came; empty: nothing yet, or nothing more.
  std::string read_output(int milliseconds);
  bool at_end() const { return !output_; }

  void request_stop();  // SIGTERM: it ends soon, and keeps what it has computed

  // Its exit status; 128 + the number of the signal that ended it. REQUIRES: at_end().
  int wait();

 private:
  ExtractorProcess(pid_t child, Descriptor output) : child_(child), output_(std::move(output)) {}

  pid_t child_ = -1;   // -1: reaped
  Descriptor output_;  // none: read to the end
};

}  // namespace mer::cli
