// The loss functions (model/losses.hpp), forward and backward.
#pragma once

#include "model/grid/linear-inl.hpp"
#include "model/grid/sums-inl.hpp"

namespace mer::grid {

struct CountOwnRows {
  CountRows op;
  MER_HOST_DEVICE void operator()(Index slot) const { op.sums[slot] = double(op.layout.row_count[slot]); }
};
struct TakeCount {
  CountRows op;
  MER_HOST_DEVICE void operator()(Index slot) const { op.counts[slot] = std::int32_t(op.sums[slot]); }
};

template <class Q>
void count_rows(Runtime& runtime, const CountRows& op) {
  Q& queue = static_cast<Q&>(runtime);
  if (op.part == Part::first) return queue.launch(op.layout.slots, CountOwnRows{op});
  queue.launch(op.layout.slots, TakeCount{op});
}

// value[slot] = sum / (the slot's rows * columns); 0 without rows.
template <class T>
struct StoreMean {
  const std::int32_t* counts;
  Index columns;
  T* value;

  MER_HOST_DEVICE void operator()(Index slot, Index, double sum) const {
    const std::int32_t rows = counts[slot];
    value[slot] = rows == 0 ? T(0) : T(sum / (double(rows) * double(columns)));
  }
};

template <class T>
struct CrossEntropyRow {
  CrossEntropy<T> op;
  double* losses;  // of each row

  MER_HOST_DEVICE void operator()(Index row) const {
    const T* const from = op.logits.row(row);
    T* const to = op.shares.row(row);
    if (!op.layout.is_somebodys(row)) {
      for (Index c = 0; c < op.classes; ++c) to[c] = T(0);
      losses[row] = 0;
      return;
    }
    T highest = from[0];
    for (Index c = 1; c < op.classes; ++c) highest = from[c] > highest ? from[c] : highest;
    T sum = 0;
    for (Index c = 0; c < op.classes; ++c) sum += to[c] = std::exp(from[c] - highest);
    for (Index c = 0; c < op.classes; ++c) to[c] /= sum;
    losses[row] = double(std::log(sum)) - double(from[op.labels[row]] - highest);
  }
};

template <class Q, class T>
void cross_entropy(Runtime& runtime, const CrossEntropy<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const StoreMean<T> mean{op.layout.counts(), 1, op.value};
  if (op.part == Part::second) return take_sums<double>(queue, op.layout, 1, op.sums, mean);
  const Scratch<double> losses(queue, op.layout.all_rows());
  queue.launch(op.layout.all_rows(), CrossEntropyRow<T>{op, losses.data()});
  sum_rows<double>(queue, op.layout, 1, NumberOfRow{losses.data()}, mean, op.sums);
}

template <class T>
struct CrossEntropySlope {
  CrossEntropyBackward<T> op;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / op.classes;
    const Index c = i % op.classes;
    T slope = 0;
    if (op.layout.is_somebodys(row)) {
      const Index slot = row / op.layout.rows;
      const T factor = op.gradient[slot] / T(op.layout.counts()[slot]);
      slope = factor * (op.shares.row(row)[c] - T(std::int64_t(c) == op.labels[row] ? 1 : 0));
    }
    op.to.row(row)[c] = slope;
  }
};

template <class Q, class T>
void cross_entropy_backward(Runtime& runtime, const CrossEntropyBackward<T>& op) {
  static_cast<Q&>(runtime).launch(std::size_t(op.layout.all_rows()) * op.classes, CrossEntropySlope<T>{op});
}

// --- central moments ---

// moments[slot][first + column / columns][column % columns] = sum / rows.
template <class T>
struct StoreMoment {
  const std::int32_t* counts;
  Index columns, moments, first;
  T* to;

  MER_HOST_DEVICE void operator()(Index slot, Index column, T sum) const {
    const std::int32_t rows = counts[slot];
    to[std::size_t(slot) * moments * columns + first * columns + column] = rows == 0 ? T(0) : sum / T(rows);
  }
};

// Powers 2, 3, ... of what is centred by the first moment, one set of columns after the other.
template <class T>
struct CentredPower {
  Layout layout;
  Index columns, moments;
  Rows<const T> x;
  const T* of;  // the moments

  MER_HOST_DEVICE T operator()(Index row, Index column) const {
    const Index j = column % columns;
    const T centred = x.row(row)[j] - of[std::size_t(row / layout.rows) * moments * columns + j];
    T power = centred;
    for (Index k = 0; k <= column / columns; ++k) power *= centred;
    return power;
  }
};

// sums, power_sums: this matrix's part.
template <class Q, class T>
void column_moments(Q& queue, const MomentDiscrepancy<T>& op, Rows<const T> x, T* to, double* sums,
                    double* power_sums) {
  const Layout& layout = op.layout;
  const Index powers = (op.moments - 1) * op.columns;
  const StoreMoment<T> mean{layout.counts(), op.columns, op.moments, 0, to};
  const StoreMoment<T> power{layout.counts(), op.columns, op.moments, 1, to};
  if (op.part == Part::second) take_sums<T>(queue, layout, op.columns, sums, mean);
  if (op.part == Part::whole || op.part == Part::first) {
    sum_rows<T>(queue, layout, op.columns, ElementOf<T>{x}, mean, sums);
  }
  if (powers == 0) return;
  if (op.part == Part::third) take_sums<T>(queue, layout, powers, power_sums, power);
  if (op.part == Part::whole || op.part == Part::second) {
    sum_rows<T>(queue, layout, powers, CentredPower<T>{layout, op.columns, op.moments, x, to}, power, power_sums);
  }
}

template <class T>
struct MomentGap {
  MomentDiscrepancy<T> op;

  MER_HOST_DEVICE void operator()(Index i) const {
    const T* const x = op.moments_of_x + std::size_t(i) * op.columns;
    const T* const y = op.moments_of_y + std::size_t(i) * op.columns;
    double squares = 0;
    for (Index j = 0; j < op.columns; ++j) {
      const double gap = double(x[j]) - double(y[j]);
      squares += gap * gap;
    }
    op.lengths[i] = std::sqrt(squares);
  }
};

template <class T>
struct SumGaps {
  MomentDiscrepancy<T> op;

  MER_HOST_DEVICE void operator()(Index slot) const {
    double total = 0;
    for (Index k = 0; k < op.moments; ++k) {
      const double length = op.lengths[slot * op.moments + k];
      total += op.squared ? length * length : length;
    }
    op.value[slot] = T(total);
  }
};

template <class Q, class T>
void moment_discrepancy(Runtime& runtime, const MomentDiscrepancy<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const std::size_t means = std::size_t(op.layout.slots) * op.columns;
  const auto of_y = [&](double* sums, std::size_t count) { return sums == nullptr ? nullptr : sums + count; };
  column_moments(queue, op, op.x, op.moments_of_x, op.sums, op.power_sums);
  column_moments(queue, op, op.y, op.moments_of_y, of_y(op.sums, means), of_y(op.power_sums, means * (op.moments - 1)));
  if (op.part == Part::first || op.part == Part::second) return;
  queue.launch(std::size_t(op.layout.slots) * op.moments, MomentGap<T>{op});
  queue.launch(op.layout.slots, SumGaps<T>{op});
}

// slopes of x's moments: [slots, moments, columns]; those of y's are their negatives.
template <class T>
struct MomentSlope {
  MomentDiscrepancyBackward<T> op;
  T* slopes;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index which = i / op.columns;  // slot and moment
    const double outer = double(op.gradient[which / op.moments]);
    const double length = op.lengths[which];
    const double factor = op.squared ? 2 * outer : length > 0 ? outer / length : 0;
    slopes[i] = T(factor) * (op.moments_of_x[i] - op.moments_of_y[i]);
  }
};

// With M_k the k-th central moment: d M_k / d x_i = k / n (c_i^(k-1) - M_(k-1)), M_1 = 0; a polynomial in c_i.
template <class T>
struct MomentBackward {
  Layout layout;
  Index columns, moments;
  T sign;
  Rows<const T> x;
  const T* of;
  const T* slopes;
  Rows<T> to;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / columns;
    const Index j = i % columns;
    T value = 0;
    if (layout.is_somebodys(row)) {
      const Index slot = row / layout.rows;
      const std::size_t first = std::size_t(slot) * moments * columns + j;
      const T rows = T(layout.counts()[slot]);
      const T centred = x.row(row)[j] - of[first];
      T constant = weight(first, 1, rows);
      for (Index k = 3; k <= moments; ++k) constant -= weight(first, k, rows) * of[first + (k - 2) * columns];
      for (Index k = moments; k >= 2; --k) value = (value + weight(first, k, rows)) * centred;
      value += constant;
    }
    to.row(row)[j] = value;
  }

 private:
  MER_HOST_DEVICE T weight(std::size_t first, Index k, T rows) const {
    return sign * slopes[first + (k - 1) * columns] * (T(k) / rows);
  }
};

template <class Q, class T>
void moment_discrepancy_backward(Runtime& runtime, const MomentDiscrepancyBackward<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const std::size_t numbers = std::size_t(op.layout.slots) * op.moments * op.columns;
  const std::size_t elements = std::size_t(op.layout.all_rows()) * op.columns;
  const Scratch<T> slopes(queue, numbers);
  queue.launch(numbers, MomentSlope<T>{op, slopes.data()});
  queue.launch(elements, MomentBackward<T>{op.layout, op.columns, op.moments, T(1), op.x, op.moments_of_x,
                                           slopes.data(), op.to_x});
  queue.launch(elements, MomentBackward<T>{op.layout, op.columns, op.moments, T(-1), op.y, op.moments_of_y,
                                           slopes.data(), op.to_y});
}

// --- rows of unit length ---

// to = from * factor of the row, or as it is, minus the column's mean.
template <class T>
struct Centre {
  Layout layout;
  Index columns;
  Rows<const T> from;
  const T* factors;  // nullptr: 1
  Stacked<const T> means;
  Rows<T> to;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / columns;
    const Index j = i % columns;
    T value = 0;
    if (layout.is_somebodys(row)) {
      const T factor = factors == nullptr ? T(1) : factors[row];
      value = from.row(row)[j] * factor - means.of(row / layout.rows)[j];
    }
    to.row(row)[j] = value;
  }
};

template <class T>
struct ScaledElement {
  Rows<const T> from;
  const T* factors;
  MER_HOST_DEVICE T operator()(Index row, Index column) const { return from.row(row)[column] * factors[row]; }
};

// The columns' means, or a part of them. Op: UnitRows or UnitRowsBackward.
template <class Q, class Op, class Value, class T>
void mean_columns(Q& queue, const Op& op, const Value& value, T* means) {
  const StoreMoment<T> mean{op.layout.counts(), op.columns, 1, 0, means};
  if (op.part == Part::second) return take_sums<T>(queue, op.layout, op.columns, op.sums, mean);
  sum_rows<T>(queue, op.layout, op.columns, value, mean, op.sums);
}

template <class T>
struct UnitLength {
  UnitRows<T> op;

  MER_HOST_DEVICE void operator()(Index row) const {
    T* const y = op.y.row(row);
    T squares = 0;
    for (Index j = 0; j < op.columns; ++j) squares += y[j] * y[j];
    const T factor = T(1) / (std::sqrt(squares) + T(op.epsilon));
    op.factors[row] = factor;
    for (Index j = 0; j < op.columns; ++j) y[j] *= factor;
  }
};

template <class Q, class T>
void unit_rows(Runtime& runtime, const UnitRows<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Layout& layout = op.layout;
  const Scratch<T> means(queue, std::size_t(layout.slots) * op.columns);
  mean_columns(queue, op, ElementOf<T>{op.x}, means.data());
  if (op.part == Part::first) return;
  queue.launch(std::size_t(layout.all_rows()) * op.columns,
               Centre<T>{layout, op.columns, op.x, nullptr, {means.data(), op.columns}, op.y});
  queue.launch(layout.all_rows(), UnitLength<T>{op});
}

template <class Q, class T>
void unit_rows_backward(Runtime& runtime, const UnitRowsBackward<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Layout& layout = op.layout;
  const Scratch<T> means(queue, std::size_t(layout.slots) * op.columns);
  mean_columns(queue, op, ScaledElement<T>{op.gradient, op.factors}, means.data());
  if (op.part == Part::first) return;
  queue.launch(std::size_t(layout.all_rows()) * op.columns,
               Centre<T>{layout, op.columns, op.gradient, op.factors, {means.data(), op.columns}, op.to});
}

// --- what two representations share ---

// squares[slot * columns + i]: of row i of the slot's product.
template <class T>
struct RowSquares {
  Index columns;
  const T* products;
  double* squares;

  MER_HOST_DEVICE void operator()(Index row) const {
    double total = 0;
    for (Index j = 0; j < columns; ++j) {
      const double product = double(products[std::size_t(row) * columns + j]);
      total += product * product;
    }
    squares[row] = total;
  }
};

template <class T>
struct SumSquares {
  Index columns;
  double factor;
  const double* squares;
  T* value;

  MER_HOST_DEVICE void operator()(Index slot) const {
    double total = 0;
    for (Index i = 0; i < columns; ++i) total += squares[slot * columns + i];
    value[slot] = T(total * factor);
  }
};

template <class Q, class T>
void overlap(Runtime& runtime, const Overlap<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Layout& layout = op.layout;
  const Index columns = op.columns;
  if (op.part != Part::second) {
    queue.template multiply<T>({layout.slots,
                                columns,
                                columns,
                                layout.rows,
                                transposed(rows_of(layout, op.x)),
                                rows_of(layout, op.y),
                                {op.products, columns, std::int64_t(columns) * columns}});
  }
  if (op.part == Part::first) return;
  const Scratch<double> squares(queue, std::size_t(layout.slots) * columns);
  queue.launch(std::size_t(layout.slots) * columns, RowSquares<T>{columns, op.products, squares.data()});
  queue.launch(layout.slots, SumSquares<T>{columns, op.factor, squares.data(), op.value});
}

// d sum (x^T y)^2 = 2 P.
template <class T>
struct OverlapSlope {
  OverlapBackward<T> op;
  T* slopes;

  MER_HOST_DEVICE void operator()(Index i) const {
    slopes[i] = T(2 * op.factor * double(op.gradient[i / op.columns / op.columns])) * op.products[i];
  }
};

template <class Q, class T>
void overlap_backward(Runtime& runtime, const OverlapBackward<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Layout& layout = op.layout;
  const Index columns = op.columns;
  const std::int64_t product = std::int64_t(columns) * columns;
  const Scratch<T> slopes(queue, std::size_t(layout.slots) * std::size_t(product));
  queue.launch(std::size_t(layout.slots) * std::size_t(product), OverlapSlope<T>{op, slopes.data()});
  queue.template multiply<T>({layout.slots,
                              layout.rows,
                              columns,
                              columns,
                              rows_of(layout, op.y),
                              {slopes.data(), columns, product, true},
                              results_of(layout, op.to_x)});
  queue.template multiply<T>({layout.slots,
                              layout.rows,
                              columns,
                              columns,
                              rows_of(layout, op.x),
                              {slopes.data(), columns, product, false},
                              results_of(layout, op.to_y)});
}

// --- squared errors ---

template <class T>
struct SquaredErrorRow {
  SquaredError<T> op;
  double* errors;

  MER_HOST_DEVICE void operator()(Index row) const {
    double total = 0;
    if (op.layout.is_somebodys(row)) {
      for (Index j = 0; j < op.columns; ++j) {
        const double difference = double(op.x.row(row)[j]) - double(op.y.row(row)[j]);
        total += difference * difference;
      }
    }
    errors[row] = total;
  }
};

template <class Q, class T>
void squared_error(Runtime& runtime, const SquaredError<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const StoreMean<T> mean{op.layout.counts(), op.columns, op.value};
  if (op.part == Part::second) return take_sums<double>(queue, op.layout, 1, op.sums, mean);
  const Scratch<double> errors(queue, op.layout.all_rows());
  queue.launch(op.layout.all_rows(), SquaredErrorRow<T>{op, errors.data()});
  sum_rows<double>(queue, op.layout, 1, NumberOfRow{errors.data()}, mean, op.sums);
}

template <class T>
struct SquaredErrorSlope {
  SquaredErrorBackward<T> op;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / op.columns;
    const Index j = i % op.columns;
    T slope = 0;
    if (op.layout.is_somebodys(row)) {
      const Index slot = row / op.layout.rows;
      const double elements = double(op.layout.counts()[slot]) * double(op.columns);
      slope = T(2 * double(op.gradient[slot]) / elements) * (op.x.row(row)[j] - op.y.row(row)[j]);
    }
    op.to_x.row(row)[j] = slope;
    op.to_y.row(row)[j] = -slope;
  }
};

template <class Q, class T>
void squared_error_backward(Runtime& runtime, const SquaredErrorBackward<T>& op) {
  static_cast<Q&>(runtime).launch(std::size_t(op.layout.all_rows()) * op.columns, SquaredErrorSlope<T>{op});
}

}  // namespace mer::grid
