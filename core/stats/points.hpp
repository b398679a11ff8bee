// Points of a space, as a matrix with a row for each.
//
// Threads: plain values.
#pragma once

#include <cstddef>
#include <vector>

namespace mer::stats {

struct Points {
  std::size_t width = 0;
  std::vector<double> values = {};  // row by row

  std::size_t count() const { return width == 0 ? 0 : values.size() / width; }
  double at(std::size_t row, std::size_t column) const { return values[row * width + column]; }
  bool operator==(const Points&) const = default;
};

}  // namespace mer::stats
