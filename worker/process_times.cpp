#include "worker/process_times.hpp"

#include <algorithm>
#include <sstream>
#include <string>

namespace mer::worker {
namespace {

// The number in the field of that place, counted from 1.
std::optional<std::int64_t> number_at(std::istream& fields, int place) {
  std::string skipped;
  for (int i = 1; i < place; ++i) fields >> skipped;
  std::int64_t number = 0;
  if (!(fields >> number) || number < 0) return std::nullopt;
  return number;
}

}  // namespace

// "PID (NAME) STATE ...": a name may hold blanks and parentheses, what follows it does not.
std::optional<ProcessTimes> times_in_stat(std::string_view text) {
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(text.substr(name_end + 1))};
  const auto user = number_at(fields, 12);
  const auto system = number_at(fields, 1);
  const auto begun = number_at(fields, 7);
  if (!user || !system || !begun) return std::nullopt;
  return ProcessTimes{*user + *system, *begun};
}

std::optional<std::int64_t> pages_in_statm(std::string_view text) {
  std::istringstream fields{std::string(text)};
  return number_at(fields, 2);
}

std::optional<double> cores_busy(const CpuSample& before, const CpuSample& after, std::int64_t ticks_per_second) {
  const std::chrono::duration<double> passed = after.at - before.at;
  if (passed.count() <= 0 || ticks_per_second <= 0) return std::nullopt;
  std::int64_t ticks = 0;
  for (const auto& [number, now] : after.processes) {
    const auto then = before.processes.find(number);
    const bool is_same = then != before.processes.end() && then->second.begun == now.begun;
    ticks += std::max<std::int64_t>(0, now.busy - (is_same ? then->second.busy : 0));
  }
  return double(ticks) / double(ticks_per_second) / passed.count();
}

}  // namespace mer::worker
