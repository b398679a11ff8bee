// A gang's sums of tensors (core/gang.hpp).
//
// Threads: one thread a member. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "core/gang.hpp"

namespace mer::model {

// Replaces the elements of `tensor` (on the host, contiguous, float or double) by their sums over the members.
void sum_in_place(Gang& gang, const at::Tensor& tensor);

// The same for several tensors, of any strides and float types, in one go: added in double. No gang: nothing to do.
void sum_over(Gang* gang, const std::vector<at::Tensor>& tensors);

}  // namespace mer::model
