#include "worker/use_meter.hpp"

#include <fcntl.h>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"

namespace mer::worker {
namespace {

// nullopt: there is none, as when the process is gone. Longer ones are cut: no file that is read here is.
std::optional<std::string> text_of(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) return std::nullopt;
  std::string text(4096, '\0');
  const ssize_t bytes = ::read(descriptor.get(), text.data(), text.size());
  if (bytes < 0) return std::nullopt;
  text.resize(std::size_t(bytes));
  return text;
}

}  // namespace

UseMeter::UseMeter(int process, std::filesystem::path proc) : process_(process), proc_(std::move(proc)) {}

ResourceUse UseMeter::measure(std::chrono::steady_clock::time_point now) {
  ResourceUse use;
  std::optional<Look> seen = look(now);
  if (seen) {
    use.memory_bytes = seen->pages * ::sysconf(_SC_PAGESIZE);
    if (last_) use.cpu_cores = cores_busy(*last_, seen->cpu, ::sysconf(_SC_CLK_TCK));
  }
  last_.reset();
  if (seen) last_ = std::move(seen->cpu);
  return use;
}

std::optional<UseMeter::Look> UseMeter::look(std::chrono::steady_clock::time_point now) const {
  Look seen;
  seen.cpu.at = now;
  std::vector<int> left = {process_};
  while (!left.empty()) {
    const int process = left.back();
    left.pop_back();
    const std::string number = std::to_string(process);
    const std::filesystem::path folder = proc_ / number;
    const auto stat = text_of(folder / "stat"), statm = text_of(folder / "statm");
    const auto children = text_of(folder / "task" / number / "children");
    if (process == process_ && !(stat && statm && children)) return std::nullopt;
    if (const auto times = times_in_stat(stat.value_or(""))) seen.cpu.processes[process] = *times;
    seen.pages += pages_in_statm(statm.value_or("")).value_or(0);
    std::istringstream numbers(children.value_or(""));
    for (int child = 0; numbers >> child;) left.push_back(child);
  }
  return seen;
}

}  // namespace mer::worker
