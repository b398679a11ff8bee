// UseMeter: what a process and those that descend from it use of the machine: cores and memory.
//
// Threads: one. Errors: none; what is not known is absent.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <unistd.h>

#include "core/messages.hpp"
#include "worker/process_times.hpp"

namespace mer::worker {

class UseMeter {
 public:
  // Of a descendant's own children it sees those that its first thread started, as a trainer's agent does. Where the
  // kernel does not tell of children, nothing is known. `proc`: where /proc stands.
  explicit UseMeter(int process = ::getpid(), std::filesystem::path proc = "/proc");

  // Cores are an average since the last call: absent in the first.
  ResourceUse measure(std::chrono::steady_clock::time_point now);

 private:
  struct Look {
    CpuSample cpu;
    std::int64_t pages = 0;
  };
  std::optional<Look> look(std::chrono::steady_clock::time_point now) const;

  int process_;
  std::filesystem::path proc_;
  std::optional<CpuSample> last_;
};

}  // namespace mer::worker
