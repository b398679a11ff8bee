// Small matrix products, for matrices too small for a BLAS call to pay: a recurrent layer's step, a head of attention.
//
// A block of 4 rows and 3 vectors of columns stays in registers. Each element is one chain of multiply-adds over k.
#if defined(MER_KERNELS_PRODUCT) == defined(HWY_TARGET_TOGGLE)
#ifdef MER_KERNELS_PRODUCT
#undef MER_KERNELS_PRODUCT
#else
#define MER_KERNELS_PRODUCT
#endif

#include <algorithm>

#include "model/kernels/kernels.hpp"
#include "model/kernels/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace mer::kernels::HWY_NAMESPACE {

constexpr std::int64_t kBlockRows = 4;
constexpr std::int64_t kBlockVectors = 3;

template <int kRows, int kVectors, class T>
HWY_INLINE void product_block(const Product<T>& p, std::int64_t row, std::int64_t column) {
  const std::int64_t n = lanes<T>();
  const std::int64_t last = std::min(n, p.columns - column - (kVectors - 1) * n);
  Lanes<T> sums[kRows][kVectors];
  for (std::int64_t k = 0; k < p.inner; ++k) {
    const T* const b = p.b.row(k) + column;
    Lanes<T> right[kVectors];
    HWY_UNROLL(4)
    for (int v = 0; v < kVectors; ++v) right[v] = load(b + v * n, v + 1 == kVectors ? last : n);
    HWY_UNROLL(4)
    for (int r = 0; r < kRows; ++r) {
      const Lanes<T> left(p.a[(row + r) * p.a_row + k * p.a_column]);
      HWY_UNROLL(4)
      for (int v = 0; v < kVectors; ++v) sums[r][v] = multiply_add(left, right[v], sums[r][v]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      T* const c = p.c.row(row + r) + column + v * n;
      const std::int64_t count = v + 1 == kVectors ? last : n;
      store(p.accumulate ? load<T>(c, count) + sums[r][v] : sums[r][v], c, count);
    }
  }
}

template <int kRows, class T>
HWY_INLINE void product_rows(const Product<T>& p, std::int64_t row) {
  const std::int64_t n = lanes<T>();
  std::int64_t column = 0;
  for (; column + (kBlockVectors - 1) * n < p.columns; column += kBlockVectors * n) {
    product_block<kRows, kBlockVectors>(p, row, column);
  }
  if (column + n < p.columns) {
    product_block<kRows, 2>(p, row, column);
  } else if (column < p.columns) {
    product_block<kRows, 1>(p, row, column);
  }
}

template <class T>
void product(const Product<T>& p) {
  std::int64_t row = 0;
  for (; row + kBlockRows <= p.rows; row += kBlockRows) product_rows<kBlockRows>(p, row);
  for (; row < p.rows; ++row) product_rows<1>(p, row);
}

}  // namespace mer::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
