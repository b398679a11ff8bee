// The median of counts, lengths and columns.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <cstddef>
#include <vector>

namespace mer::data {

// Of an even number: the mean of the two in the middle. REQUIRES: ascending, not empty.
template <class Number>
double median_of(const std::vector<Number>& sorted) {
  return (double(sorted[(sorted.size() - 1) / 2]) + double(sorted[sorted.size() / 2])) / 2;
}

}  // namespace mer::data
