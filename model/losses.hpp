// The paper's loss functions. Each returns [R]: one number a slot, from that slot's rows alone, 0 for a slot without
// rows; means, not sums, over utterances (docs/paper_map.md says why).
//
// x, y: [layout rows, width]. Threads: one thread. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/settings.hpp"
#include "model/layout.hpp"

namespace mer::model {

// Eq 1, 2, 12: mean of -log P(label). logits [rows, classes], labels int64 [rows].
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels, const LayoutPtr& layout);

// Eq 5, central moment discrepancy with moments 1..moments: sum of ||C_k(x) - C_k(y)||, plain or squared L2. The plain
// norm's gradient at 0 is 0.
at::Tensor moment_discrepancy(const at::Tensor& x, const at::Tensor& y, int moments, SimilarityNorm norm,
                              const LayoutPtr& layout);

// Columns centred over a slot's rows, then rows scaled to unit length, + 1e-6; the length is not differentiated.
at::Tensor centred_unit_rows(const at::Tensor& x, const LayoutPtr& layout);

// Eq 6, one term: how much x and y share. normalised: mean of squares of x^T y, for x and y of centred_unit_rows();
// literal: ||x^T y||_F^2.
at::Tensor overlap(const at::Tensor& x, const at::Tensor& y, DifferenceForm form, const LayoutPtr& layout);

// Eq 7, 8, one term: mean over utterances and features of (x - y)^2.
at::Tensor squared_error(const at::Tensor& x, const at::Tensor& y, const LayoutPtr& layout);

}  // namespace mer::model
