// Eq 5, central moment discrepancy, in the phases of model/losses.hpp.
//
// Threads: one thread. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/settings.hpp"
#include "model/kernels/kernels.hpp"
#include "model/layout.hpp"

namespace mer::model {

// Mean and central moments of a matrix's columns by slot: [R, count, columns], the mean first.
class ColumnMoments {
 public:
  // x [layout rows, columns]; no graph is made of it. count 1: only the means.
  ColumnMoments(const at::Tensor& x, int count, LayoutPtr layout);

  at::Tensor sums() const { return values_.select(1, 0); }                             // before take_means()
  at::Tensor power_sums() const { return values_.narrow(1, 1, values_.size(1) - 1); }  // before take_moments()
  void take_means(const at::Tensor& counts);
  void take_moments(const at::Tensor& counts);

  const at::Tensor& x() const { return x_; }
  const LayoutPtr& layout() const { return layout_; }
  const at::Tensor& values() const { return values_; }
  template <class T>
  kernels::Matrix<T> of(std::size_t slot) const {
    return {values_.mutable_data_ptr<T>() + std::int64_t(slot) * values_.stride(0), values_.size(2)};
  }

 private:
  at::Tensor x_;
  LayoutPtr layout_;
  at::Tensor values_;
};

// Sum over moments of ||C_k(x) - C_k(y)||, plain or squared L2; [R]. The plain norm's gradient at 0 is 0. x, y: what
// the moments were taken of, with their graph.
at::Tensor moment_discrepancy(const at::Tensor& x, const at::Tensor& y, const ColumnMoments& of_x,
                              const ColumnMoments& of_y, SimilarityNorm norm, const at::Tensor& counts);

}  // namespace mer::model
