// Products: as many matrix products of one shape as there are slots, their matrices at fixed distances.
//
// T: float or double. Threads: plain values.
#pragma once

#include <cstdint>

namespace mer::grid {

// Row-major matrices; `row` and `batch`: elements from a row to the next, and from a matrix to the next.
template <class T>
struct Matrices {
  T* data = nullptr;
  std::int64_t row = 0;
  std::int64_t batch = 0;
  bool transposed = false;  // as an operand
};

// c = a b, or c += a b; c is [rows, columns], the sums run over `inner`.
template <class T>
struct Products {
  std::int64_t count = 0, rows = 0, columns = 0, inner = 0;
  Matrices<const T> a, b;
  Matrices<T> c;
  bool accumulate = false;
};

}  // namespace mer::grid
