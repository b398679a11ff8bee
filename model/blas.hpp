// multiply(): matrix products of pointers, by the BLAS that LibTorch carries.
//
// Calls through LibTorch's operators cost as much as the products of this model's sizes. T: float or double. Threads:
// as many as LibTorch has (one by default). Errors: none.
#pragma once

#include "model/kernels/kernels.hpp"

namespace mer::model {

using kernels::Matrix;

// A row-major matrix as it stands, or transposed.
template <class T>
struct Operand {
  const T* data = nullptr;
  std::int64_t step = 0;  // elements from row to row, as stored
  bool transposed = false;
};

// c = a b, or c += a b; c is [rows, columns], the sum runs over `inner`.
template <class T>
void multiply(std::int64_t rows, std::int64_t columns, std::int64_t inner, const Operand<T>& a, const Operand<T>& b,
              const Matrix<T>& c, bool accumulate = false);

}  // namespace mer::model
