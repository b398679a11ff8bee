// What an encoder of text needs beside linear layers and attention: layer norm, GELU, the mean over its tokens.
#pragma once

#include "model/grid/arithmetic.hpp"
#include "model/grid/operations.hpp"

namespace mer::grid {

// Mean and 1 / sqrt(variance + epsilon) of each row: one thread each.
template <class T>
struct RowMoments {
  LayerNorm<T> op;
  T* moments;  // [all rows, 2]

  MER_HOST_DEVICE void operator()(Index row) const {
    const T* const x = op.x.row(row);
    T sum = 0, squares = 0;
    for (Index column = 0; column < op.columns; ++column) sum += x[column];
    const T mean = sum / T(op.columns);
    for (Index column = 0; column < op.columns; ++column) squares += (x[column] - mean) * (x[column] - mean);
    moments[2 * std::size_t(row)] = mean;
    moments[2 * std::size_t(row) + 1] = T(1) / std::sqrt(squares / T(op.columns) + T(op.epsilon));
  }
};

template <class T>
struct NormElement {
  LayerNorm<T> op;
  const T* moments;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / op.columns;
    const Index column = i % op.columns;
    T& y = op.y.row(row)[column];
    if (!op.layout.is_somebodys(row)) {
      y = T(0);
      return;
    }
    const Index slot = row / op.layout.rows;
    const T unit = (op.x.row(row)[column] - moments[2 * std::size_t(row)]) * moments[2 * std::size_t(row) + 1];
    y = unit * op.weight.of(slot)[column] + op.bias.of(slot)[column];
  }
};

template <class Q, class T>
void layer_norm(Runtime& runtime, const LayerNorm<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Scratch<T> moments(queue, 2 * std::size_t(op.layout.all_rows()));
  queue.launch(op.layout.all_rows(), RowMoments<T>{op, moments.data()});
  queue.launch(std::size_t(op.layout.all_rows()) * op.columns, NormElement<T>{op, moments.data()});
}

// 0 stays 0, so that rows of nobody do.
template <class T>
struct GeluElement {
  Gelu<T> op;

  MER_HOST_DEVICE void operator()(Index i) const {
    T& x = op.x.row(i / op.columns)[i % op.columns];
    constexpr double kRootOfHalf = 0.70710678118654752440, kRootOfTwoOverPi = 0.79788456080286535588;
    const T below =
        op.by_tanh ? std::tanh(T(kRootOfTwoOverPi) * (x + T(0.044715) * x * x * x)) : std::erf(x * T(kRootOfHalf));
    x *= T(0.5) * (T(1) + below);
  }
};

template <class Q, class T>
void gelu(Runtime& runtime, const Gelu<T>& op) {
  static_cast<Q&>(runtime).launch(std::size_t(op.layout.all_rows()) * op.columns, GeluElement<T>{op});
}

template <class T>
struct DialogueMean {
  DialogueMeans<T> op;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index column = i % op.columns;
    const Index dialogue = i / op.columns;
    const Dialogue rows = dialogue_at(op.layout, dialogue / op.layout.dialogues, dialogue % op.layout.dialogues);
    T sum = 0;
    for (Index row = rows.begin; row < rows.end; ++row) sum += op.x.row(row)[column];
    op.means.row(dialogue)[column] = rows.begin == rows.end ? T(0) : sum / T(rows.end - rows.begin);
  }
};

template <class Q, class T>
void dialogue_means(Runtime& runtime, const DialogueMeans<T>& op) {
  const std::size_t means = std::size_t(op.layout.slots) * op.layout.dialogues * op.columns;
  static_cast<Q&>(runtime).launch(means, DialogueMean<T>{op});
}

}  // namespace mer::grid
