#include "model/node.hpp"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <algorithm>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <utility>

namespace mer::model {
namespace {

using torch::autograd::variable_list;

struct RecordedNode : torch::autograd::Node {
  explicit RecordedNode(BackwardOfAll function) : backward(std::move(function)) {}

  variable_list apply(variable_list&& gradients) override {
    if (!gradients[0].defined()) return variable_list(num_outputs());
    const at::AutoDispatchBelowADInplaceOrView below;
    for (at::Tensor& gradient : gradients) gradient = gradient.contiguous();
    return backward(gradients);
  }
  void release_variables() override { backward = nullptr; }

  BackwardOfAll backward;
};

}  // namespace

bool records(const std::vector<at::Tensor>& inputs) {
  return at::GradMode::is_enabled() &&
         std::any_of(inputs.begin(), inputs.end(), [](const at::Tensor& input) { return input.requires_grad(); });
}

at::Tensor record(const at::Tensor& output, const std::vector<at::Tensor>& inputs, Backward backward) {
  record(std::vector<at::Tensor>{output}, inputs,
         [backward = std::move(backward)](const std::vector<at::Tensor>& gradients) { return backward(gradients[0]); });
  return output;
}

std::vector<at::Tensor> record(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& inputs,
                               BackwardOfAll backward) {
  if (!records(inputs)) return outputs;
  auto node = std::make_shared<RecordedNode>(std::move(backward));
  node->set_next_edges(torch::autograd::collect_next_edges(inputs));
  for (const at::Tensor& output : outputs) torch::autograd::set_history(output, node);
  return outputs;
}

}  // namespace mer::model
