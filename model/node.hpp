// record(): makes a computed tensor part of the autograd graph, with its gradient given as a function.
//
// The model's ops compute whole stacks at once; one node each keeps the graph small. Threads: one thread. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>
#include <functional>
#include <vector>

namespace mer::model {

// The gradients of the inputs, in their order, from the gradient of the output; undefined: none. Owns what it needs,
// but never the output itself: that would be a cycle.
using Backward = std::function<std::vector<at::Tensor>(const at::Tensor& gradient)>;
// The same for a node of several outputs.
using BackwardOfAll = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& gradients)>;

// True when gradients are wanted by any of the inputs, so that what backward needs is worth keeping.
bool records(const std::vector<at::Tensor>& inputs);

// `output`, with history if records(inputs).
at::Tensor record(const at::Tensor& output, const std::vector<at::Tensor>& inputs, Backward backward);
// REQUIRES: a backward pass reaches all outputs or none.
std::vector<at::Tensor> record(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& inputs,
                               BackwardOfAll backward);

}  // namespace mer::model
