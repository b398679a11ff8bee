#include "worker/memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace mer::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

// A file with one number; `otherwise` where it is missing or holds a word ("max").
std::int64_t number_in(const fs::path& file, std::int64_t otherwise) {
  std::ifstream stream(file);
  std::int64_t number = 0;
  return stream >> number ? number : otherwise;
}

std::int64_t available(const fs::path& root) {
  std::ifstream stream(root / "proc/meminfo");
  for (std::string key; stream >> key;) {
    std::int64_t kilobytes = 0;
    if (key == "MemAvailable:" && stream >> kilobytes) return kilobytes * 1024;
    stream.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return kUnlimited;
}

// What the limits of a cgroup and of those above it leave.
std::int64_t left_in(const fs::path& mount, const fs::path& group, const char* limit, const char* used) {
  std::int64_t left = kUnlimited;
  for (fs::path folder = group.relative_path();; folder = folder.parent_path()) {
    const fs::path here = mount / folder;
    const std::int64_t most = number_in(here / limit, kUnlimited);
    if (most < kUnlimited) left = std::min(left, std::max<std::int64_t>(1, most - number_in(here / used, 0)));
    if (folder.empty()) return left;
  }
}

// Lines of /proc/self/cgroup: "0::/path" (version 2), "9:memory:/path" (version 1).
std::int64_t left_in_cgroups(const fs::path& root) {
  std::ifstream stream(root / "proc/self/cgroup");
  std::int64_t left = kUnlimited;
  for (std::string line; std::getline(stream, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") {
      left = std::min(left, left_in(root / "sys/fs/cgroup", group, "memory.max", "memory.current"));
    } else if (controllers.find(",memory,") != std::string::npos) {
      left = std::min(left,
                      left_in(root / "sys/fs/cgroup/memory", group, "memory.limit_in_bytes", "memory.usage_in_bytes"));
    }
  }
  return left;
}

}  // namespace

std::int64_t usable_memory(const std::filesystem::path& root) {
  const std::int64_t usable = std::min(available(root), left_in_cgroups(root));
  return usable == kUnlimited ? 0 : usable;
}

}  // namespace mer::worker
