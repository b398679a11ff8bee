// Tensors as bytes of safetensors files, and back.
//
// Threads: pure functions.
#pragma once

#include <ATen/core/Tensor.h>

#include "data/safetensors.hpp"

namespace mer::trainer {

at::ScalarType scalar_type_of(data::TensorType type);

// Shows the tensor's own memory. REQUIRES: a contiguous CPU tensor of float, double, int64 or byte that outlives the
// view.
data::TensorView view_of(const at::Tensor& tensor);

at::Tensor tensor_of(const data::TensorView& view);  // a copy

}  // namespace mer::trainer
