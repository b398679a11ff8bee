// What the texts of /proc tell of a process, and what two looks at processes say of the cores that they kept busy.
//
// Threads: pure functions. Errors: nullopt for a text that is none of the kernel's, and for what cannot be said.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace mer::worker {

// In ticks of the kernel's clock (sysconf(_SC_CLK_TCK)).
struct ProcessTimes {
  std::int64_t busy = 0;   // of all its threads, user and system
  std::int64_t begun = 0;  // since the machine started: tells a process from an earlier one of the same number
  bool operator==(const ProcessTimes&) const = default;
};
std::optional<ProcessTimes> times_in_stat(std::string_view text);   // /proc/PID/stat
std::optional<std::int64_t> pages_in_statm(std::string_view text);  // /proc/PID/statm: resident ones

struct CpuSample {
  std::chrono::steady_clock::time_point at;
  std::map<int, ProcessTimes> processes;  // by number
};
// Cores that were busy between the two, on average. A process that is new in `after` began since `before`; what one
// that has gone still did is not known, and left out.
std::optional<double> cores_busy(const CpuSample& before, const CpuSample& after, std::int64_t ticks_per_second);

}  // namespace mer::worker
