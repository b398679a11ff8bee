// Work on the rows of a table by several threads.
//
// Threads: blocks its caller; `work` is called by several threads at once, each row once, rows in ascending order as
// they are begun.
#pragma once

#include <cstddef>
#include <functional>

namespace mer::extractor {

struct PoolState {
  std::size_t done = 0, running = 0;
};

// Calls work(row) for 0 <= row < rows from `jobs` threads. Rows that have not been begun are left out once it has
// answered false, or `watch` has. `watch` is called by the caller's thread five times a second, and at the end.
void for_each_row(std::size_t rows, int jobs, const std::function<bool(std::size_t)>& work,
                  const std::function<bool(PoolState)>& watch);

}  // namespace mer::extractor
