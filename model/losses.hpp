// The paper's loss functions on one slot's scored rows. Each returns a scalar; means, not sums, over utterances
// (docs/paper_map.md says why).
//
// x, y: [rows, width], at least one row. Threads: pure functions. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/settings.hpp"

namespace mer::model {

// Eq 1, 2, 12: mean of -log P(label). logits [rows, classes], labels int64 [rows].
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels);

// Eq 5, central moment discrepancy with moments 1..moments: sum of ||C_k(x) - C_k(y)||, plain or squared L2. The plain
// norm's gradient at 0 is 0.
at::Tensor moment_discrepancy(const at::Tensor& x, const at::Tensor& y, int moments, SimilarityNorm norm);

// Eq 6, one term: how much x and y share. normalised: columns centred, rows scaled to unit length (the length is not
// differentiated), mean of squares of x^T y; literal: ||x^T y||_F^2.
at::Tensor overlap(const at::Tensor& x, const at::Tensor& y, DifferenceForm form);

// Eq 7, 8, one term: mean over utterances and features of (x - y)^2.
at::Tensor squared_error(const at::Tensor& x, const at::Tensor& y);

}  // namespace mer::model
