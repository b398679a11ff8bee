// Attention between the turns of each dialogue, head by head, forward and backward.
#if defined(MER_KERNELS_ATTENTION) == defined(HWY_TARGET_TOGGLE)
#ifdef MER_KERNELS_ATTENTION
#undef MER_KERNELS_ATTENTION
#else
#define MER_KERNELS_ATTENTION
#endif

#include <limits>
#include <vector>

#include "model/kernels/product-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace mer::kernels::HWY_NAMESPACE {

// to[j][i] = from[i][j].
template <class T>
HWY_INLINE void transpose(Matrix<const T> from, std::int64_t rows, std::int64_t columns, std::vector<T>& to) {
  to.resize(std::size_t(rows * columns));
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) to[std::size_t(j * rows + i)] = from.row(i)[j];
  }
}

// shares = softmax(scores), row by row; scores are scaled and squashed in place first.
template <class T>
HWY_INLINE void softmax_row(T* scores, T* shares, std::int64_t count, T scale, bool squash) {
  const Lanes<T> factor(scale);
  T highest = -std::numeric_limits<T>::infinity();
  for (std::int64_t i = 0; i < count; ++i) {
    if (!squash) scores[i] *= scale;
  }
  if (squash) {
    for_each_vector<T>(count, [&](std::int64_t i, std::int64_t n)
                                  HWY_ATTR { store(tanh(load<T>(scores + i, n) * factor), scores + i, n); });
  }
  for (std::int64_t i = 0; i < count; ++i) highest = scores[i] > highest ? scores[i] : highest;
  const Lanes<T> shift(highest);
  T total = 0;
  for_each_vector<T>(count, [&](std::int64_t i, std::int64_t n)
                                HWY_ATTR { store(exp(load<T>(scores + i, n) - shift), shares + i, n); });
  for (std::int64_t i = 0; i < count; ++i) total += shares[i];
  const Lanes<T> part(T(1) / total);
  for_each_vector<T>(
      count, [&](std::int64_t i, std::int64_t n) HWY_ATTR { store(load<T>(shares + i, n) * part, shares + i, n); });
}

template <class T>
void attention(const Attention<T>& a) {
  std::vector<T> keys;
  T* shares = a.shares;
  T* scores = a.scores;
  for (std::size_t d = 0; d + 1 < a.dialogues.size(); ++d) {
    const std::int64_t begin = a.dialogues[d];
    const std::int64_t turns = a.dialogues[d + 1] - begin;
    for (std::int64_t head = 0; head < a.heads; ++head) {
      const std::int64_t column = head * a.head_width;
      T* const raw = a.squash ? scores : shares;
      transpose<T>({a.key.row(begin) + column, a.key.step}, turns, a.head_width, keys);
      product<T>({turns,
                  turns,
                  a.head_width,
                  a.query.row(begin) + column,
                  a.query.step,
                  1,
                  {keys.data(), turns},
                  {raw, turns}});
      for (std::int64_t turn = 0; turn < turns; ++turn) {
        softmax_row(raw + turn * turns, shares + turn * turns, turns, T(a.scale), a.squash);
      }
      product<T>({turns,
                  a.head_width,
                  turns,
                  shares,
                  turns,
                  1,
                  {a.value.row(begin) + column, a.value.step},
                  {a.output.row(begin) + column, a.output.step}});
      shares += turns * turns;
      scores += a.squash ? turns * turns : 0;
    }
  }
}

// by_share becomes the gradient of the products Q K^T.
template <class T>
HWY_INLINE void softmax_backward_row(T* by_share, const T* shares, const T* scores, std::int64_t count, T scale) {
  T total = 0;
  for (std::int64_t i = 0; i < count; ++i) total += by_share[i] * shares[i];
  const Lanes<T> mean(total);
  const Lanes<T> factor(scale);
  for_each_vector<T>(count, [&](std::int64_t i, std::int64_t n) HWY_ATTR {
    Lanes<T> slope = load(shares + i, n) * (load<T>(by_share + i, n) - mean) * factor;
    if (scores != nullptr) {
      const Lanes<T> score = load(scores + i, n);
      slope = slope * (Lanes<T>(1) - score * score);
    }
    store(slope, by_share + i, n);
  });
}

template <class T>
void attention_backward(const AttentionBackward<T>& a) {
  std::vector<T> values, slopes;
  const T* shares = a.shares;
  const T* scores = a.squash ? a.scores : nullptr;
  for (std::size_t d = 0; d + 1 < a.dialogues.size(); ++d) {
    const std::int64_t begin = a.dialogues[d];
    const std::int64_t turns = a.dialogues[d + 1] - begin;
    slopes.resize(std::size_t(turns * turns));
    for (std::int64_t head = 0; head < a.heads; ++head) {
      const std::int64_t column = head * a.head_width;
      const std::int64_t width = a.head_width;
      const Matrix<const T> gradient = {a.gradient.row(begin) + column, a.gradient.step};
      transpose<T>({a.value.row(begin) + column, a.value.step}, turns, width, values);
      product<T>(
          {turns, turns, width, gradient.data, gradient.step, 1, {values.data(), turns}, {slopes.data(), turns}});
      product<T>({turns,
                  width,
                  turns,
                  shares,
                  1,
                  turns,
                  gradient,
                  {a.value_gradient.row(begin) + column, a.value_gradient.step}});
      for (std::int64_t turn = 0; turn < turns; ++turn) {
        softmax_backward_row(slopes.data() + turn * turns, shares + turn * turns,
                             scores == nullptr ? nullptr : scores + turn * turns, turns, T(a.scale));
      }
      product<T>({turns,
                  width,
                  turns,
                  slopes.data(),
                  turns,
                  1,
                  {a.key.row(begin) + column, a.key.step},
                  {a.query_gradient.row(begin) + column, a.query_gradient.step}});
      product<T>({turns,
                  width,
                  turns,
                  slopes.data(),
                  1,
                  turns,
                  {a.query.row(begin) + column, a.query.step},
                  {a.key_gradient.row(begin) + column, a.key_gradient.step}});
      shares += turns * turns;
      if (scores != nullptr) scores += turns * turns;
    }
  }
}

}  // namespace mer::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
