#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <cmath>

#include "model/device/ops.hpp"
#include "model/node.hpp"
#include "model/ops.hpp"

namespace mer::model {
namespace {

template <class T>
void forward(const at::Tensor& x, const Parameter& weight, const Parameter* bias, Activation activation,
             const Layout& layout, const at::Tensor& y) {
  const std::int64_t inputs = x.size(1);
  const std::int64_t outputs = y.size(1);
  for (std::size_t slot = 0; slot < layout.slots.size(); ++slot) {
    const SlotRows& part = layout.slots[slot];
    if (part.rows() == 0) continue;
    const Matrix<T> to = matrix<T>(y, part.begin);
    multiply<T>(part.rows(), outputs, inputs, operand(const_matrix<T>(x, part.begin)),
                {slot_data<T>(weight.values, slot), inputs, true}, to);
    if (bias == nullptr && activation == Activation::none) continue;
    const T* const offset = bias == nullptr ? nullptr : slot_data<T>(bias->values, slot);
    kernels::kernels<T>().activate({part.rows(), outputs, to, offset, activation});
  }
}

struct Saved {
  at::Tensor x, y;
  at::Tensor weight;
  Activation activation;
  LayoutPtr layout;
};

// What of the gradients is wanted has a tensor.
struct Gradients {
  at::Tensor x, weight, bias;
};

template <class T>
void backward(const Saved& saved, const at::Tensor& gradient, const Gradients& to) {
  const std::int64_t inputs = saved.x.size(1);
  const std::int64_t outputs = gradient.size(1);
  const bool none = saved.activation == Activation::none;
  const at::Tensor slope = none ? gradient : at::empty(gradient.sizes(), gradient.scalar_type());
  for (std::size_t slot = 0; slot < saved.layout->slots.size(); ++slot) {
    const SlotRows& part = saved.layout->slots[slot];
    if (part.rows() == 0) continue;
    T* const bias_gradient = to.bias.defined() ? slot_data<T>(to.bias, slot) : nullptr;
    if (!none || bias_gradient != nullptr) {
      kernels::kernels<T>().activate_backward({part.rows(), outputs, const_matrix<T>(gradient, part.begin),
                                               none ? Matrix<const T>() : const_matrix<T>(saved.y, part.begin),
                                               none ? Matrix<T>() : matrix<T>(slope, part.begin), bias_gradient,
                                               saved.activation});
    }
    const Matrix<const T> from = const_matrix<T>(slope, part.begin);
    if (to.weight.defined()) {
      multiply<T>(outputs, inputs, part.rows(), transposed(from), operand(const_matrix<T>(saved.x, part.begin)),
                  {slot_data<T>(to.weight, slot), inputs});
    }
    if (to.x.defined()) {
      multiply<T>(part.rows(), inputs, outputs, operand(from), {slot_data<T>(saved.weight, slot), inputs, false},
                  matrix<T>(to.x, part.begin));
    }
  }
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const Parameter& weight, const Parameter* bias, Activation activation,
                  const LayoutPtr& layout) {
  if (layout->device) return on_gpu::linear(x, weight, bias, activation, layout);
  at::Tensor y;
  {
    const at::AutoDispatchBelowADInplaceOrView below;
    y = at::empty({x.size(0), weight.shape[0]}, x.scalar_type());
    with_type(x.scalar_type(), [&]<class T>(T) { forward<T>(x.contiguous(), weight, bias, activation, *layout, y); });
  }
  std::vector<at::Tensor> inputs = {x, weight.values};
  if (bias != nullptr) inputs.push_back(bias->values);
  if (!records(inputs)) return y;
  const bool wants_x = x.requires_grad();
  const bool has_bias = bias != nullptr;
  const at::Tensor kept_y = activation == Activation::none ? at::Tensor() : y.detach();
  const Saved saved{x.detach().contiguous(), kept_y, weight.values.detach(), activation, layout};
  const at::Tensor like_bias = has_bias ? bias->values.detach() : at::Tensor();
  return record(y, inputs, [=](const at::Tensor& gradient) {
    Gradients to;
    to.weight = at::empty(saved.weight.sizes(), gradient.scalar_type());
    if (has_bias) to.bias = at::empty(like_bias.sizes(), gradient.scalar_type());
    if (wants_x) to.x = at::empty(saved.x.sizes(), gradient.scalar_type());
    with_type(gradient.scalar_type(), [&]<class T>(T) { backward<T>(saved, gradient, to); });
    return has_bias ? std::vector<at::Tensor>{to.x, to.weight, to.bias} : std::vector<at::Tensor>{to.x, to.weight};
  });
}

Linear::Linear(Parameters& parameters, const std::string& name, int inputs, int outputs, Activation activation)
    : activation_(activation) {
  const double bound = 1 / std::sqrt(double(inputs));
  weight_ = &parameters.add(name + ".weight", {outputs, inputs}, bound);
  bias_ = &parameters.add(name + ".bias", {outputs}, bound);
}

}  // namespace mer::model
