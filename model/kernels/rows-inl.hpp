// Loops over the rows of a matrix: activations, dropout masks, moments of columns, rows of unit length.
//
// Sums over rows run in blocks, so that their rounding error does not grow with the number of rows.
#if defined(MER_KERNELS_ROWS) == defined(HWY_TARGET_TOGGLE)
#ifdef MER_KERNELS_ROWS
#undef MER_KERNELS_ROWS
#else
#define MER_KERNELS_ROWS
#endif

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/philox.hpp"
#include "model/kernels/kernels.hpp"
#include "model/kernels/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace mer::kernels::HWY_NAMESPACE {

constexpr std::int64_t kSumBlock = 32;  // rows

// The sum over rows of term(row), a vector.
template <class T, class Term>
HWY_INLINE Lanes<T> sum_rows(std::int64_t rows, const Term& term) {
  Lanes<T> total;
  for (std::int64_t begin = 0; begin < rows; begin += kSumBlock) {
    const std::int64_t end = std::min(rows, begin + kSumBlock);
    Lanes<T> part;
    for (std::int64_t row = begin; row < end; ++row) part = part + term(row);
    total = total + part;
  }
  return total;
}

template <class T>
HWY_INLINE Lanes<T> activated(Lanes<T> x, Activation activation) {
  if (activation == Activation::sigmoid) return sigmoid(x);
  // NaN stays NaN: the comparison is false.
  if (activation == Activation::relu) return Lanes<T>(hn::IfThenZeroElse(hn::Lt(x.v, hn::Zero(Tag<T>())), x.v));
  return x;
}

template <class T>
void activate(const Activate<T>& a) {
  for (std::int64_t row = 0; row < a.rows; ++row) {
    T* const x = a.x.row(row);
    for_each_vector<T>(a.columns, [&](std::int64_t j, std::int64_t n) HWY_ATTR {
      const Lanes<T> bias = a.bias == nullptr ? Lanes<T>() : load(a.bias + j, n);
      store(activated(load<T>(x + j, n) + bias, a.activation), x + j, n);
    });
  }
}

template <class T>
void activate_backward(const ActivateBackward<T>& a) {
  for_each_vector<T>(a.columns, [&](std::int64_t j, std::int64_t n) HWY_ATTR {
    const Lanes<T> total = sum_rows<T>(a.rows, [&](std::int64_t row) HWY_ATTR {
      Lanes<T> slope = load(a.gradient.row(row) + j, n);
      if (a.activation == Activation::sigmoid) {
        const Lanes<T> y = load(a.y.row(row) + j, n);
        slope = slope * y * (Lanes<T>(1) - y);
      } else if (a.activation == Activation::relu) {
        const Lanes<T> y = load(a.y.row(row) + j, n);
        slope = Lanes<T>(hn::IfThenElseZero(hn::Gt(y.v, hn::Zero(Tag<T>())), slope.v));
      }
      if (a.slope.data != nullptr) store(slope, a.slope.row(row) + j, n);
      return slope;
    });
    if (a.bias_gradient != nullptr) store(total, a.bias_gradient + j, n);
  });
}

#if HWY_TARGET == HWY_SCALAR

constexpr std::int64_t kPhiloxAtOnce = 1;
HWY_INLINE void philox_words(const PhiloxBlock& counter, std::array<std::uint32_t, 2> key, std::uint32_t* words) {
  const PhiloxBlock block = philox4x32(counter, key);
  std::copy(block.begin(), block.end(), words);
}

#else

using Words = hn::ScalableTag<std::uint32_t>;
constexpr std::int64_t kPhiloxAtOnce = hn::MaxLanes(Words());

struct WideWords {
  hn::Vec<Words> high, low;
};
HWY_INLINE WideWords multiply(hn::Vec<Words> a, std::uint32_t factor) {
  const Words d;
  const hn::Repartition<std::uint64_t, Words> wide;
  const auto f = hn::Set(d, factor);
  const auto even = hn::MulEven(a, f);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))), f);
  return {hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even))),
          hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even))};
}

// core/philox.hpp's philox4x32 of this counter and of those whose last word is higher by 1, 2 ... kPhiloxAtOnce - 1,
// one after the other.
HWY_INLINE void philox_words(const PhiloxBlock& counter, std::array<std::uint32_t, 2> key, std::uint32_t* words) {
  const Words d;
  auto c0 = hn::Set(d, counter[0]);
  auto c1 = hn::Set(d, counter[1]);
  auto c2 = hn::Set(d, counter[2]);
  auto c3 = hn::Iota(d, counter[3]);
  for (int round = 0; round < 10; ++round) {
    const WideWords first = multiply(c0, 0xD2511F53U);
    const WideWords second = multiply(c2, 0xCD9E8D57U);
    c0 = hn::Xor(hn::Xor(second.high, c1), hn::Set(d, key[0]));
    c1 = second.low;
    c2 = hn::Xor(hn::Xor(first.high, c3), hn::Set(d, key[1]));
    c3 = first.low;
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  hn::StoreInterleaved4(c0, c1, c2, c3, d, words);
}

#endif

template <class T>
void dropout_mask(const DropoutMask<T>& m) {
  const std::int64_t blocks = (m.columns + 3) / 4;
  // word >> 8 is uniform over 2^24 numbers: those below this one are dropped.
  const auto dropped = std::uint32_t(std::ceil(m.rate * 0x1p24));
  const T kept = T(1.0 / (1.0 - m.rate));
  std::vector<std::uint32_t> words(std::size_t((blocks + kPhiloxAtOnce) * 4));
  for (std::size_t d = 0; d + 1 < m.dialogues.size(); ++d) {
    for (std::int64_t row = m.dialogues[d]; row < m.dialogues[d + 1]; ++row) {
      const auto first = std::uint32_t((row - m.dialogues[d]) * blocks);
      for (std::int64_t block = 0; block < blocks; block += kPhiloxAtOnce) {
        philox_words({m.layer, m.step, m.first_dialogue + std::uint32_t(d), first + std::uint32_t(block)}, m.key,
                     words.data() + 4 * block);
      }
      T* const to = m.mask.row(row);
      for (std::int64_t j = 0; j < m.columns; ++j) to[j] = (words[std::size_t(j)] >> 8) >= dropped ? kept : T(0);
    }
  }
}

template <class T>
void column_sums(const ColumnSums<T>& c) {
  for_each_vector<T>(c.columns, [&](std::int64_t j, std::int64_t n) HWY_ATTR {
    store(sum_rows<T>(c.rows, [&](std::int64_t row) HWY_ATTR { return load(c.x.row(row) + j, n); }), c.sums + j, n);
  });
}

template <class T>
void central_sums(const CentralSums<T>& c) {
  for_each_vector<T>(c.columns, [&](std::int64_t j, std::int64_t n) HWY_ATTR {
    const Lanes<T> mean = load(c.mean + j, n);
    for (std::int64_t k = 2; k <= c.highest; ++k) {
      const Lanes<T> total = sum_rows<T>(c.rows, [&](std::int64_t row) HWY_ATTR {
        const Lanes<T> centred = load(c.x.row(row) + j, n) - mean;
        Lanes<T> power = centred;
        for (std::int64_t i = 1; i < k; ++i) power = power * centred;
        return power;
      });
      store(total, c.sums.row(k - 2) + j, n);
    }
  });
}

// With M_k the k-th central moment: d M_k / d x_i = k / n (c_i^(k-1) - M_(k-1)), M_1 = 0; a polynomial in c_i.
template <class T>
void column_moments_backward(const ColumnMomentsBackward<T>& m) {
  const T all = T(m.all);
  for_each_vector<T>(m.columns, [&](std::int64_t j, std::int64_t n) HWY_ATTR {
    const auto weight = [&](std::int64_t k)
                            HWY_ATTR { return load(m.slopes.row(k - 1) + j, n) * Lanes<T>(T(k) / all); };
    const Lanes<T> mean = load(m.moments.row(0) + j, n);
    Lanes<T> constant = weight(1);
    for (std::int64_t k = 3; k <= m.count; ++k) constant = constant - weight(k) * load(m.moments.row(k - 2) + j, n);
    for (std::int64_t row = 0; row < m.rows; ++row) {
      const Lanes<T> centred = load(m.x.row(row) + j, n) - mean;
      Lanes<T> value;
      for (std::int64_t k = m.count; k >= 2; --k) value = (value + weight(k)) * centred;
      store(value + constant, m.gradient.row(row) + j, n);
    }
  });
}

template <class T>
void unit_rows(const UnitRows<T>& u) {
  for_each_vector<T>(u.columns, [&](std::int64_t j, std::int64_t n) HWY_ATTR {
    const Lanes<T> mean = load(u.mean + j, n);
    for (std::int64_t row = 0; row < u.rows; ++row) store(load(u.x.row(row) + j, n) - mean, u.y.row(row) + j, n);
  });
  for (std::int64_t row = 0; row < u.rows; ++row) {
    T* const y = u.y.row(row);
    Lanes<T> squares;
    for_each_vector<T>(u.columns, [&](std::int64_t j, std::int64_t n) HWY_ATTR {
      const Lanes<T> value = load<T>(y + j, n);
      squares = multiply_add(value, value, squares);
    });
    u.factor[row] = T(1) / (std::sqrt(sum(squares)) + T(u.epsilon));
    const Lanes<T> factor(u.factor[row]);
    for_each_vector<T>(u.columns,
                       [&](std::int64_t j, std::int64_t n) HWY_ATTR { store(load<T>(y + j, n) * factor, y + j, n); });
  }
}

template <class T>
void scale_rows(const ScaleRows<T>& s) {
  for_each_vector<T>(s.columns, [&](std::int64_t j, std::int64_t n) HWY_ATTR {
    const Lanes<T> total = sum_rows<T>(s.rows, [&](std::int64_t row) HWY_ATTR {
      const Lanes<T> scaled = load<T>(s.x.row(row) + j, n) * Lanes<T>(s.factor[row]);
      store(scaled, s.x.row(row) + j, n);
      return scaled;
    });
    store(total, s.sums + j, n);
  });
}

template <class T>
void centre(const Centre<T>& c) {
  for_each_vector<T>(c.columns, [&](std::int64_t j, std::int64_t n) HWY_ATTR {
    const Lanes<T> mean = load(c.mean + j, n);
    for (std::int64_t row = 0; row < c.rows; ++row) {
      T* const at = c.x.row(row) + j;
      store(load<T>(at, n) - mean, at, n);
    }
  });
}

}  // namespace mer::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
