// Linear layers: one product over all slots, bias and activation in one pass.
#pragma once

#include "model/grid/arithmetic.hpp"
#include "model/grid/sums-inl.hpp"

namespace mer::grid {

// Operands of products over a slot's rows.
template <class T>
Matrices<const T> rows_of(const Layout& layout, Rows<const T> rows) {
  return {rows.data, rows.step, std::int64_t(layout.rows) * rows.step, false};
}
template <class T>
Matrices<const T> rows_of(const Layout& layout, Rows<T> rows) {
  return {rows.data, rows.step, std::int64_t(layout.rows) * rows.step, false};
}
template <class T>
Matrices<T> results_of(const Layout& layout, Rows<T> rows) {
  return {rows.data, rows.step, std::int64_t(layout.rows) * rows.step, false};
}
template <class T>
Matrices<const T> transposed(Matrices<const T> matrices) {
  return {matrices.data, matrices.row, matrices.batch, true};
}
template <class T>
Matrices<const T> weight_of(Stacked<const T> weight, Index columns) {
  return {weight.data, std::int64_t(columns), weight.stride, false};
}

template <class T>
struct BiasAndActivation {
  Layout layout;
  Index columns;
  Activation activation;
  Stacked<const T> bias;
  Rows<T> y;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / columns;
    const Index column = i % columns;
    T& value = y.row(row)[column];
    if (!layout.is_somebodys(row)) {
      value = T(0);
      return;
    }
    const T offset = bias ? bias.of(row / layout.rows)[column] : T(0);
    value = activated(value + offset, activation);
  }
};

template <class Q, class T>
void linear(Runtime& runtime, const Linear<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Layout& layout = op.layout;
  queue.template multiply<T>({layout.slots, layout.rows, op.outputs, op.inputs, rows_of(layout, op.x),
                              transposed(weight_of(op.weight, op.inputs)), results_of(layout, op.y)});
  queue.launch(std::size_t(layout.all_rows()) * op.outputs,
               BiasAndActivation<T>{layout, op.outputs, op.activation, op.bias, op.y});
}

template <class T>
struct ActivationSlope {
  Layout layout;
  Index columns;
  Activation activation;
  Rows<const T> gradient, y;
  Rows<T> slope;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / columns;
    const Index column = i % columns;
    slope.row(row)[column] =
        layout.is_somebodys(row) ? activation_slope(gradient.row(row)[column], y.row(row)[column], activation) : T(0);
  }
};

// The sums over rows of slopes, as a bias has them.
template <class T, class Q>
void sum_slopes(Q& queue, const Layout& layout, Index columns, Rows<const T> slopes, Stacked<T> sums) {
  sum_rows<T>(queue, layout, columns, ElementOf<T>{slopes}, StoreSum<T>{sums});
}

template <class Q, class T>
void linear_backward(Runtime& runtime, const LinearBackward<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Layout& layout = op.layout;
  Rows<const T> slope = op.gradient;
  const bool none = op.activation == Activation::none;
  const Scratch<T> scratch(queue, none ? 1 : std::size_t(layout.all_rows()) * op.outputs);
  if (!none) {
    queue.launch(
        std::size_t(layout.all_rows()) * op.outputs,
        ActivationSlope<T>{layout, op.outputs, op.activation, op.gradient, op.y, Rows<T>{scratch.data(), op.outputs}});
    slope = {scratch.data(), op.outputs};
  }
  if (op.to_bias) sum_slopes<T>(queue, layout, op.outputs, slope, op.to_bias);
  queue.template multiply<T>({layout.slots,
                              op.outputs,
                              op.inputs,
                              layout.rows,
                              transposed(rows_of(layout, slope)),
                              rows_of(layout, op.x),
                              {op.to_weight.data, op.inputs, op.to_weight.stride}});
  if (op.to_x) {
    queue.template multiply<T>({layout.slots, layout.rows, op.inputs, op.outputs, rows_of(layout, slope),
                                weight_of(op.weight, op.inputs), results_of(layout, op.to_x)});
  }
}

}  // namespace mer::grid
