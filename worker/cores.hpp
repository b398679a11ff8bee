// Which cores a worker pins its trainer to.
//
// Threads: pure functions, but allowed_cores(), which asks the kernel.
#pragma once

#include <vector>

namespace mer::worker {

// Cores that this process may use (its affinity), ascending.
std::vector<int> allowed_cores();

// The share of worker `index` of `count` on one host: disjoint as long as there are enough cores, in turn afterwards.
// REQUIRES: allowed is not empty, 0 <= index < count.
std::vector<int> share_of_cores(const std::vector<int>& allowed, int index, int count);

}  // namespace mer::worker
