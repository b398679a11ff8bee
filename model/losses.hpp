// The paper's loss functions. Each gives [R]: one number a slot, from that slot's rows alone, 0 for a slot without
// rows; means, not sums, over utterances (docs/paper_map.md says why).
//
// A loss comes in phases, because a slot's rows may lie with several members of a gang (model/gang.hpp). An object
// computes this member's sums; the caller adds them up over the members before the next phase; the last phase takes the
// counts, [R] in double: each slot's rows of all members. All members then have the same numbers.
//
// x, y: [layout rows, width]. Threads: one thread. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>
#include <utility>

#include "model/layout.hpp"

namespace mer::model {

// Each slot's rows: [R], double. The counts, once added up.
at::Tensor count_rows(const Layout& layout);

// function(slot, its rows) for each slot that has rows here.
template <class Function>
void for_each_slot(const Layout& layout, const Function& function) {
  for (std::size_t slot = 0; slot < layout.slots.size(); ++slot) {
    if (layout.slots[slot].rows() > 0) function(slot, layout.slots[slot]);
  }
}

// function(slot, rows of all members) for each slot that has rows anywhere.
template <class Function>
void for_each_counted_slot(const at::Tensor& counts, const Function& function) {
  for (std::int64_t slot = 0; slot < counts.numel(); ++slot) {
    const double count = counts.const_data_ptr<double>()[slot];
    if (count > 0) function(std::size_t(slot), count);
  }
}

// Eq 1, 2, 12: mean of -log P(label). logits [rows, classes], labels int64 [rows].
class CrossEntropy {
 public:
  CrossEntropy(const at::Tensor& logits, const at::Tensor& labels, LayoutPtr layout);
  const at::Tensor& sums() const { return sums_; }
  at::Tensor mean(const at::Tensor& counts) const;

 private:
  at::Tensor logits_, labels_;
  LayoutPtr layout_;
  at::Tensor shares_;  // softmax(logits)
  at::Tensor sums_;    // [R], double
};

// Eq 7, 8, one term: mean over utterances and features of (x - y)^2.
class SquaredError {
 public:
  SquaredError(const at::Tensor& x, const at::Tensor& y, LayoutPtr layout);
  const at::Tensor& sums() const { return sums_; }
  at::Tensor mean(const at::Tensor& counts) const;

 private:
  at::Tensor x_, y_;
  at::Tensor left_, right_;  // the same without graph
  LayoutPtr layout_;
  at::Tensor sums_;  // [R], double
};

}  // namespace mer::model
