// The terms of the loss functions on the device, in the phases of model/losses.hpp where there is a gang.
//
// Each term is made of what it is taken of, and value() records it: [slots]. In a gang (the layout counts its rows:
// grid::Layout::gang_count) leave...() comes before, and between two of these calls what was left is added up; without
// one there is value() alone. Threads: one thread. Errors: model/device/device.hpp.
#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "model/device/gang_sums.hpp"
#include "model/device/rows.hpp"
#include "model/layout.hpp"

namespace mer::model::on_gpu {

inline bool counts_gang(const LayoutPtr& layout) {
  return layout->device->layout.gang_count != nullptr;
}

// The layout of a member's rows, with means over those of all members.
class GangCounts {
 public:
  explicit GangCounts(const LayoutPtr& own);

  const LayoutPtr& layout() const { return layout_; }
  void leave(GangSums& sums);
  void take();

 private:
  void queue_part(grid::Part part);

  at::Tensor sums_;
  LayoutPtr layout_;
};

// Eq 1, 2, 12.
class CrossEntropy {
 public:
  // logits: [layout rows, classes]; labels: int64 [layout rows].
  CrossEntropy(const at::Tensor& logits, const at::Tensor& labels, LayoutPtr layout);
  void leave(GangSums& sums);
  at::Tensor value();

 private:
  void queue_part(grid::Part part);

  at::Tensor logits_, from_, labels_;
  LayoutPtr layout_;
  at::Tensor shares_, value_, sums_;
};

// Eq 7, 8, one term.
class SquaredError {
 public:
  SquaredError(const at::Tensor& x, const at::Tensor& y, LayoutPtr layout);
  void leave(GangSums& sums);
  at::Tensor value();

 private:
  void queue_part(grid::Part part);

  at::Tensor x_, y_, left_, right_;
  LayoutPtr layout_;
  at::Tensor value_, sums_;
};

// Eq 5 of two modalities.
class MomentDiscrepancy {
 public:
  MomentDiscrepancy(const at::Tensor& x, const at::Tensor& y, int moments, bool squared, LayoutPtr layout);
  void leave(GangSums& sums);
  void leave_powers(GangSums& sums);
  at::Tensor value();

 private:
  void queue_part(grid::Part part);

  struct Saved {  // for the backward pass
    at::Tensor x, y, of_x, of_y, lengths;
    int moments;
    bool squared;
    LayoutPtr layout;
  };

  at::Tensor x_, y_;
  Saved saved_;
  at::Tensor value_, sums_, power_sums_;
};

// Columns centred, then rows of unit length, as eq 6 takes them: several matrices, whose gradients a gang adds up in
// one go.
class UnitRows {
 public:
  UnitRows(std::vector<at::Tensor> x, LayoutPtr layout);
  void leave(GangSums& sums);
  std::vector<at::Tensor> rows();

 private:
  void queue_part(grid::Part part, std::size_t matrix);

  std::vector<at::Tensor> x_, unit_, factors_, sums_;
  LayoutPtr layout_;
};

// Eq 6, one term: factor * the sum of squares of x^T y.
class Overlap {
 public:
  Overlap(const at::Tensor& x, const at::Tensor& y, double factor, LayoutPtr layout);
  void leave(GangSums& sums);
  at::Tensor value();

 private:
  void queue_part(grid::Part part);

  struct Saved {
    at::Tensor x, y, products;
    double factor;
    LayoutPtr layout;
  };

  at::Tensor x_, y_;
  Saved saved_;
  at::Tensor value_;
};

}  // namespace mer::model::on_gpu
