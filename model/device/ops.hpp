// The model's operations on the device: what model/ops.hpp and its neighbours do with tensors of the device.
//
// Each is one node of the autograd graph and only queues work of fixed size, so that a whole step can be recorded
// (model/device/steps.hpp). Threads: one thread. Errors: model/device/device.hpp.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

#include "model/device/device.hpp"
#include "model/device/rows.hpp"
#include "model/layout.hpp"
#include "model/parameters.hpp"
#include "model/stacked_model.hpp"

namespace mer::model::on_gpu {

// function(runtime, its table of T) with the type of `like`.
template <class Function>
void queue(const at::Tensor& like, const Function& function) {
  with_type(like.scalar_type(), [&]<class T>(T) {
    grid::Runtime& runtime = device_runtime();
    function(runtime, grid::operations<T>(runtime), T{});
  });
}

template <class T>
grid::Rows<T> rows(const at::Tensor& tensor, std::int64_t column = 0) {
  return {tensor.mutable_data_ptr<T>() + column, tensor.size(1)};
}
template <class T>
grid::Rows<const T> const_rows(const at::Tensor& tensor, std::int64_t column = 0) {
  return {tensor.const_data_ptr<T>() + column, tensor.size(1)};
}
template <class T>
grid::Stacked<T> stacked(const at::Tensor& parameter, std::int64_t first = 0) {
  if (!parameter.defined()) return {};
  return {parameter.mutable_data_ptr<T>() + first, parameter.stride(0)};
}
template <class T>
grid::Stacked<const T> const_stacked(const at::Tensor& parameter, std::int64_t first = 0) {
  if (!parameter.defined()) return {};
  return {parameter.const_data_ptr<T>() + first, parameter.stride(0)};
}
at::Tensor empty_rows(const at::Tensor& like, std::int64_t columns);

at::Tensor linear(const at::Tensor& x, const Parameter& weight, const Parameter* bias, Activation activation,
                  const LayoutPtr& layout);

// weights: W_ih, W_hh, b_ih, b_hh of each direction.
at::Tensor recurrent(const at::Tensor& x, kernels::Cell cell, std::int64_t width,
                     const std::vector<const Parameter*>& weights, const LayoutPtr& layout);

struct MultiHeadWeights {
  const Parameter& in;
  const Parameter& in_bias;
  const Parameter& out;
  const Parameter& out_bias;
};
at::Tensor multi_head(const at::Tensor& target, const at::Tensor& source, int heads, const MultiHeadWeights& weights,
                      const LayoutPtr& layout);

// softmax(tanh(query x^T)) x within each dialogue.
at::Tensor bilinear(const at::Tensor& query, const at::Tensor& x, const LayoutPtr& layout);

at::Tensor positions(const at::Tensor& like, const LayoutPtr& layout);

at::Tensor dropout(const at::Tensor& x, std::uint32_t layer, const LayoutPtr& layout);

// One beside the other.
at::Tensor concatenate(const std::vector<at::Tensor>& parts);

// The step's losses over its scored rows; of a gang's member, over those of all members.
Losses losses(const Batch& batch, const Representations& representations, const ModelSettings& settings);

// The weights' gradients of a gang, in place: what its members' rows gave. REQUIRES: the device's runtime is in one.
void add_up_gradients(const std::vector<at::Tensor>& gradients);

}  // namespace mer::model::on_gpu
