// Operations that treat every row or number for itself.
#pragma once

#include "core/philox.hpp"
#include "model/grid/arithmetic.hpp"
#include "model/grid/operations.hpp"

namespace mer::grid {

// Four neighbouring columns of a row: one Philox block, at the coordinates of docs/determinism.md.
template <class T>
struct DropBlock {
  Dropout<T> op;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index blocks = (op.columns + 3) / 4;
    const Index block = i % blocks;
    const Index row = i / blocks;
    const Index end = block * 4 + 4 < op.columns ? block * 4 + 4 : op.columns;
    const T* const from = op.from.row(row);
    T* const to = op.to.row(row);
    if (!op.layout.is_somebodys(row)) {
      for (Index column = block * 4; column < end; ++column) to[column] = T(0);
      return;
    }
    const SlotNumbers& numbers = op.numbers[row / op.layout.rows];
    const Index turn = row - dialogue_of(op.layout, row).begin;
    const PhiloxBlock words =
        philox4x32({op.layer, numbers.step, numbers.first_dialogue + std::uint32_t(op.layout.dialogue_of_row[row]),
                    turn * blocks + block},
                   {numbers.dropout_key[0], numbers.dropout_key[1]});
    for (Index column = block * 4; column < end; ++column) {
      to[column] = (words[column % 4] >> 8) >= numbers.dropped ? from[column] * T(numbers.kept) : T(0);
    }
  }
};

template <class Q, class T>
void dropout(Runtime& runtime, const Dropout<T>& op) {
  static_cast<Q&>(runtime).launch(std::size_t(op.layout.all_rows()) * ((op.columns + 3) / 4), DropBlock<T>{op});
}

template <class T>
struct GatherElement {
  Gather<T> op;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / op.columns;
    const Index column = i % op.columns;
    const std::int32_t source = op.indices[row];
    const Index first = row / op.layout.rows * op.layout.rows;
    op.to.row(row)[column] = source < 0 ? T(0) : op.from.row(first + Index(source))[column];
  }
};

template <class Q, class T>
void gather(Runtime& runtime, const Gather<T>& op) {
  static_cast<Q&>(runtime).launch(std::size_t(op.layout.all_rows()) * op.columns, GatherElement<T>{op});
}

template <class T>
struct GatherFeature {
  GatherFeatures<T> op;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / op.columns;
    const Index column = i % op.columns;
    T& to = op.to.row(row)[column];
    if (!op.layout.is_somebodys(row)) {
      to = T(0);
      return;
    }
    const float value = op.table[std::size_t(op.rows[row]) * op.columns + column];
    const double* const means = op.standardise[row / op.layout.rows];
    to = means == nullptr ? T(value) : T((double(value) - means[column]) * means[op.columns + column]);
  }
};

template <class Q, class T>
void gather_features(Runtime& runtime, const GatherFeatures<T>& op) {
  static_cast<Q&>(runtime).launch(std::size_t(op.layout.all_rows()) * op.columns, GatherFeature<T>{op});
}

template <class T>
struct CopyElement {
  CopyColumns<T> op;
  MER_HOST_DEVICE void operator()(Index i) const {
    op.to.row(i / op.columns)[i % op.columns] = op.from.row(i / op.columns)[i % op.columns];
  }
};

template <class Q, class T>
void copy_columns(Runtime& runtime, const CopyColumns<T>& op) {
  static_cast<Q&>(runtime).launch(std::size_t(op.rows) * op.columns, CopyElement<T>{op});
}

template <class T>
struct PositionElement {
  Positions<T> op;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / op.columns;
    const Index column = i % op.columns;
    T value = 0;
    if (op.layout.is_somebodys(row)) {
      const Index turn = row - dialogue_of(op.layout, row).begin;
      const double angle = double(turn) / std::pow(10000.0, double(column / 2 * 2) / double(op.columns));
      value = T(column % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
    op.to.row(row)[column] = value;
  }
};

template <class Q, class T>
void positions(Runtime& runtime, const Positions<T>& op) {
  static_cast<Q&>(runtime).launch(std::size_t(op.layout.all_rows()) * op.columns, PositionElement<T>{op});
}

template <class T>
struct AddElement {
  const T* x;
  const T* y;
  T* to;
  MER_HOST_DEVICE void operator()(Index i) const { to[i] = x[i] + y[i]; }
};
template <class T>
struct MultiplyElement {
  const T* x;
  const T* y;
  T* to;
  MER_HOST_DEVICE void operator()(Index i) const { to[i] = x[i] * y[i]; }
};
template <class T>
struct FillElement {
  T value;
  T* to;
  MER_HOST_DEVICE void operator()(Index i) const { to[i] = value; }
};

template <class Q, class T>
void add_elements(Runtime& runtime, std::size_t count, const T* x, const T* y, T* to) {
  static_cast<Q&>(runtime).launch(count, AddElement<T>{x, y, to});
}
template <class Q, class T>
void multiply_elements(Runtime& runtime, std::size_t count, const T* x, const T* y, T* to) {
  static_cast<Q&>(runtime).launch(count, MultiplyElement<T>{x, y, to});
}
template <class Q, class T>
void fill_elements(Runtime& runtime, std::size_t count, T value, T* to) {
  static_cast<Q&>(runtime).launch(count, FillElement<T>{value, to});
}

}  // namespace mer::grid
