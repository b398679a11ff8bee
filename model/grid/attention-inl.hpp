// Attention between the turns of each dialogue, head by head: one thread for each number of the result.
#pragma once

#include <limits>

#include "model/grid/arithmetic.hpp"
#include "model/grid/operations.hpp"

namespace mer::grid {

template <class T>
MER_HOST_DEVICE inline T dot(const T* x, const T* y, Index count) {
  T total = 0;
  for (Index i = 0; i < count; ++i) total += x[i] * y[i];
  return total;
}

// products[row][head][turn] = a[row] . b[row of that turn in the dialogue], within the head's columns.
template <class T>
struct HeadProducts {
  Layout layout;
  Index heads, head_width;
  Rows<const T> a, b;
  T scale;
  bool squash;
  T* products;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index turn = i % layout.turns;
    const Index head = i / layout.turns % heads;
    const Index row = i / layout.turns / heads;
    if (!layout.is_somebodys(row)) return;
    const Dialogue dialogue = dialogue_of(layout, row);
    if (dialogue.begin + turn >= dialogue.end) return;
    const Index column = head * head_width;
    const T product = dot(a.row(row) + column, b.row(dialogue.begin + turn) + column, head_width) * scale;
    products[i] = squash ? tanh(product) : product;
  }
};

template <class T>
struct Softmax {
  Layout layout;
  Index heads;
  const T* scores;
  T* shares;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / heads;
    if (!layout.is_somebodys(row)) return;
    const Dialogue dialogue = dialogue_of(layout, row);
    const Index turns = dialogue.end - dialogue.begin;
    const T* const from = scores + std::size_t(i) * layout.turns;
    T* const to = shares + std::size_t(i) * layout.turns;
    T highest = from[0];
    for (Index k = 1; k < turns; ++k) highest = from[k] > highest ? from[k] : highest;
    T total = 0;
    for (Index k = 0; k < turns; ++k) total += to[k] = std::exp(from[k] - highest);
    for (Index k = 0; k < turns; ++k) to[k] /= total;
  }
};

// to[row] = sum over the dialogue's turns of shares[row][turn] * from[turn]; `transposed`: of shares[turn][row].
template <class T>
struct WeightedRows {
  Layout layout;
  Index heads, head_width;
  bool transposed;
  const T* shares;
  Rows<const T> from;
  Rows<T> to;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index columns = heads * head_width;
    const Index column = i % columns;
    const Index row = i / columns;
    T total = 0;
    if (layout.is_somebodys(row)) {
      const Dialogue dialogue = dialogue_of(layout, row);
      const Index head = column / head_width;
      for (Index other = dialogue.begin; other < dialogue.end; ++other) {
        const Index by = transposed ? other : row;
        const Index turn = (transposed ? row : other) - dialogue.begin;
        total += shares[(std::size_t(by) * heads + head) * layout.turns + turn] * from.row(other)[column];
      }
    }
    to.row(row)[column] = total;
  }
};

template <class Q, class T>
void attention(Runtime& runtime, const Attention<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Layout& layout = op.layout;
  const std::size_t heads = std::size_t(layout.all_rows()) * op.heads;
  T* const scores = op.squash ? op.scores : op.shares;
  queue.launch(heads * layout.turns,
               HeadProducts<T>{layout, op.heads, op.head_width, op.query, op.key, T(op.scale), op.squash, scores});
  queue.launch(heads, Softmax<T>{layout, op.heads, scores, op.shares});
  queue.launch(heads * op.head_width,
               WeightedRows<T>{layout, op.heads, op.head_width, false, op.shares, op.value, op.output});
}

// slopes, the gradients of the shares, become those of the products Q K^T.
template <class T>
struct SoftmaxBackward {
  Layout layout;
  Index heads;
  T scale;
  const T* shares;
  const T* scores;  // nullptr: not squashed
  T* slopes;

  MER_HOST_DEVICE void operator()(Index i) const {
    const Index row = i / heads;
    if (!layout.is_somebodys(row)) return;
    const Dialogue dialogue = dialogue_of(layout, row);
    const Index turns = dialogue.end - dialogue.begin;
    const std::size_t first = std::size_t(i) * layout.turns;
    const T mean = dot(slopes + first, shares + first, turns);
    for (std::size_t k = first; k < first + turns; ++k) {
      const T slope = shares[k] * (slopes[k] - mean) * scale;
      slopes[k] = scores == nullptr ? slope : slope * (T(1) - scores[k] * scores[k]);
    }
  }
};

template <class Q, class T>
void attention_backward(Runtime& runtime, const AttentionBackward<T>& op) {
  Q& queue = static_cast<Q&>(runtime);
  const Layout& layout = op.layout;
  const std::size_t heads = std::size_t(layout.all_rows()) * op.heads;
  const Scratch<T> slopes(queue, heads * layout.turns);
  queue.launch(heads * layout.turns,
               HeadProducts<T>{layout, op.heads, op.head_width, op.gradient, op.value, T(1), false, slopes.data()});
  queue.launch(heads, SoftmaxBackward<T>{layout, op.heads, T(op.scale), op.shares, op.squash ? op.scores : nullptr,
                                         slopes.data()});
  const auto weigh = [&](bool transposed, const T* shares, Rows<const T> from, Rows<T> to) {
    queue.launch(heads * op.head_width, WeightedRows<T>{layout, op.heads, op.head_width, transposed, shares, from, to});
  };
  weigh(false, slopes.data(), op.key, op.to_query);
  weigh(true, slopes.data(), op.query, op.to_key);
  weigh(true, op.shares, op.gradient, op.to_value);
}

}  // namespace mer::grid
