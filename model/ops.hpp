// The operations that the model is written in, each over a whole stack and one node of the autograd graph.
//
// Activations are tensors [layout rows, width], contiguous (model/layout.hpp). An op computes every slot from that
// slot's own rows alone and leaves the rows of nobody as they are. Threads: one thread. Errors: shapes that do not fit
// are bugs.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <string>
#include <vector>

#include "core/check.hpp"
#include "model/blas.hpp"
#include "model/kernels/kernels.hpp"
#include "model/layout.hpp"
#include "model/parameters.hpp"

namespace mer::model {

using kernels::Activation;

// Hyperparameters and random stream of one slot at one step.
struct SlotSettings {
  double dropout = 0;  // 0 in evaluation
  double alpha = 0.1;
  double beta = 0.1;
  std::uint64_t seed = 0;
  std::int64_t step = 0;  // training steps done before this one: a coordinate of the dropout masks
};

// function(T{}) with the C++ type of a tensor's elements.
template <class Function>
auto with_type(at::ScalarType type, const Function& function) {
  MER_CHECK(type == at::kFloat || type == at::kDouble, "the model computes in float32 or float64");
  return type == at::kDouble ? function(double{}) : function(float{});
}

// The rows of `tensor` [rows, width] from `begin` on, from column `column` on.
template <class T>
Matrix<T> matrix(const at::Tensor& tensor, std::int64_t begin, std::int64_t column = 0) {
  return {tensor.mutable_data_ptr<T>() + begin * tensor.size(1) + column, tensor.size(1)};
}
template <class T>
Matrix<const T> const_matrix(const at::Tensor& tensor, std::int64_t begin, std::int64_t column = 0) {
  return {tensor.const_data_ptr<T>() + begin * tensor.size(1) + column, tensor.size(1)};
}
template <class T>
Operand<T> operand(Matrix<const T> matrix) {
  return {matrix.data, matrix.step, false};
}
template <class T>
Operand<T> transposed(Matrix<const T> matrix) {
  return {matrix.data, matrix.step, true};
}

// activation(x W^T + b); weight [outputs, inputs]; bias nullptr: none.
at::Tensor linear(const at::Tensor& x, const Parameter& weight, const Parameter* bias, Activation activation,
                  const LayoutPtr& layout);

// A linear layer with PyTorch's default initialisation: uniform in ±1/sqrt(inputs).
class Linear {
 public:
  Linear() = default;
  Linear(Parameters& parameters, const std::string& name, int inputs, int outputs,
         Activation activation = Activation::none);
  at::Tensor operator()(const at::Tensor& x, const LayoutPtr& layout) const {
    return linear(x, *weight_, bias_, activation_, layout);
  }

 private:
  const Parameter* weight_ = nullptr;
  const Parameter* bias_ = nullptr;
  Activation activation_ = Activation::none;
};

// Inverted dropout with each slot's own rate. Keeps a value iff its Philox word is at least the rate; counter (layer,
// step, dialogue in the slot's batch, turn * ceil(width / 4) + feature / 4). In a gang, the batch is the whole one.
at::Tensor dropout(const at::Tensor& x, std::uint32_t layer, const LayoutPtr& layout,
                   const std::vector<SlotSettings>& settings);

// Rows without gaps, slot by slot, as files hold them, and as a layout wants them (rows of nobody 0).
at::Tensor pack_rows(const at::Tensor& x, const Layout& layout);
at::Tensor spread_rows(const at::Tensor& packed, const Layout& layout);

// Some rows of each slot, as a batch of their own.
class RowSelection {
 public:
  // flags: of every row of the layout; empty: all rows.
  RowSelection(const LayoutPtr& layout, const std::vector<std::uint8_t>& flags);

  // Of the selected rows; a slot's are one dialogue.
  const LayoutPtr& layout() const { return selected_; }
  // x [layout rows, ...], of any type.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  LayoutPtr selected_;
  std::vector<std::int64_t> sources_;  // row of x for each row of the selection, -1: nobody's; empty: x as it is
};

}  // namespace mer::model
