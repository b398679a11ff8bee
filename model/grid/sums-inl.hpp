// Sums over a slot's own rows, in an order that their number alone decides: chunk by chunk, then over the chunks.
//
// Q: a runtime with launch(). Threads and errors: model/grid/operations.hpp.
#pragma once

#include "model/grid/operations.hpp"

namespace mer::grid {

constexpr Index kChunk = 32;

MER_HOST_DEVICE constexpr Index chunks_of(Index count) {
  return (count + kChunk - 1) / kChunk;
}
MER_HOST_DEVICE constexpr Index smaller(Index a, Index b) {
  return a < b ? a : b;
}

// value(row, column), row counted through all slots.
template <class T, class Value>
struct ChunkSums {
  Layout layout;
  Index columns;
  Value value;
  T* partials;  // [slots, chunks, columns]

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index chunks = chunks_of(layout.rows);
    const Index column = i % columns;
    const Index chunk = i / columns % chunks;
    const Index slot = i / columns / chunks;
    const Index end = smaller((chunk + 1) * kChunk, Index(layout.row_count[slot]));
    T total = 0;
    for (Index row = chunk * kChunk; row < end; ++row) total += T(value(slot * layout.rows + row, column));
    partials[i] = total;
  }
};

// finish(slot, column, sum) takes each sum.
template <class T, class Finish>
struct FinishSums {
  Layout layout;
  Index columns;
  const T* partials;
  Finish finish;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index slot = i / columns;
    const Index chunks = chunks_of(layout.rows);
    const Index used = chunks_of(Index(layout.row_count[slot]));
    T total = 0;
    for (Index chunk = 0; chunk < used; ++chunk) {
      total += partials[std::size_t(slot * chunks + chunk) * columns + i % columns];
    }
    finish(slot, i % columns, total);
  }
};

// T: what the sums are made in.
template <class T, class Q, class Value, class Finish>
void sum_rows(Q& queue, const Layout& layout, Index columns, const Value& value, const Finish& finish) {
  const std::size_t partials = std::size_t(layout.slots) * chunks_of(layout.rows) * columns;
  const Scratch<T> scratch(queue, partials);
  queue.launch(partials, ChunkSums<T, Value>{layout, columns, value, scratch.data()});
  queue.launch(std::size_t(layout.slots) * columns, FinishSums<T, Finish>{layout, columns, scratch.data(), finish});
}

// What a member of a gang makes of its sums: numbers in double that are added up over the members.
template <class T>
struct LeaveSum {
  Index columns;
  double* sums;  // [slots, columns]
  MER_HOST_DEVICE void operator()(Index slot, Index column, T sum) const {
    sums[std::size_t(slot) * columns + column] = double(sum);
  }
};

// What comes next: finish(slot, column, sum) of the sums over all members.
template <class T, class Finish>
struct TakeSum {
  Index columns;
  const double* sums;
  Finish finish;
  MER_HOST_DEVICE void operator()(Index i) const { finish(i / columns, i % columns, T(sums[i])); }
};

template <class T, class Q, class Finish>
void take_sums(Q& queue, const Layout& layout, Index columns, const double* sums, const Finish& finish) {
  queue.launch(std::size_t(layout.slots) * columns, TakeSum<T, Finish>{columns, sums, finish});
}

// leave: where to leave the sums for a gang; nullptr: there is none, and they are finished.
template <class T, class Q, class Value, class Finish>
void sum_rows(Q& queue, const Layout& layout, Index columns, const Value& value, const Finish& finish, double* leave) {
  if (leave == nullptr) return sum_rows<T>(queue, layout, columns, value, finish);
  sum_rows<T>(queue, layout, columns, value, LeaveSum<T>{columns, leave});
}

template <class T>
struct ElementOf {
  Rows<const T> rows;
  MER_HOST_DEVICE T operator()(Index row, Index column) const { return rows.row(row)[column]; }
};

template <class T>
struct StoreSum {
  Stacked<T> sums;
  MER_HOST_DEVICE void operator()(Index slot, Index column, T sum) const { sums.of(slot)[column] = sum; }
};

// A row's number, already summed over its columns, in double.
struct NumberOfRow {
  const double* numbers;
  MER_HOST_DEVICE double operator()(Index row, Index) const { return numbers[row]; }
};

}  // namespace mer::grid
