// Eq 6, how much two representations share, in the phases of model/losses.hpp.
//
// Threads: one thread. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "core/settings.hpp"
#include "model/discrepancy.hpp"
#include "model/gang.hpp"
#include "model/layout.hpp"

namespace mer::model {

// Columns centred over a slot's rows, then rows scaled to unit length, + 1e-6; the length is not differentiated.
class UnitRows {
 public:
  explicit UnitRows(const ColumnMoments& means);  // after take_means()

  const at::Tensor& rows() const { return rows_; }
  const at::Tensor& factors() const { return factors_; }  // 1 / (length + 1e-6) of each row

 private:
  at::Tensor rows_, factors_;
};

// The rows of each, made part of the graph of x, from which they were made. Their gradients need sums over columns,
// which the gang adds up in the backward pass: for all matrices in one go.
std::vector<at::Tensor> record_unit_rows(const std::vector<UnitRows>& unit, const std::vector<at::Tensor>& x,
                                         const at::Tensor& counts, const LayoutPtr& layout, Gang* gang);

// One term of eq 6. normalised: mean of squares of x^T y, for x and y of unit rows; literal: ||x^T y||_F^2.
class Overlap {
 public:
  Overlap(const at::Tensor& x, const at::Tensor& y, DifferenceForm form, LayoutPtr layout);
  const at::Tensor& products() const { return products_; }
  // [R]. x, y: those of the constructor, with their graph.
  at::Tensor value(const at::Tensor& x, const at::Tensor& y, const at::Tensor& counts) const;

 private:
  at::Tensor x_, y_;
  LayoutPtr layout_;
  double factor_;        // of the sum of squares
  at::Tensor products_;  // x^T y by slot: [R, columns, columns]
};

}  // namespace mer::model
