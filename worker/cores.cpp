#include "worker/cores.hpp"

#include <sched.h>

#include "core/check.hpp"

namespace mer::worker {

std::vector<int> allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

std::vector<int> share_of_cores(const std::vector<int>& allowed, int index, int count) {
  MER_CHECK(!allowed.empty() && index >= 0 && index < count, "a share of cores that does not exist");
  const int cores = int(allowed.size());
  if (count >= cores) return {allowed[std::size_t(index % cores)]};
  return {allowed.begin() + index * cores / count, allowed.begin() + (index + 1) * cores / count};
}

}  // namespace mer::worker
