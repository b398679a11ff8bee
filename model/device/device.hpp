// The device: where tensors live that a grid::Runtime computes on, a GPU or its stand-in on the host.
//
// To LibTorch it is the device type PrivateUse1, named "gpu": tensors of it can be made, copied, viewed, added,
// multiplied and differentiated, and everything else (above all reading a value on the host) is an error of LibTorch's,
// so that nothing in a step can wait for the host unnoticed. Needs none of LibTorch's CUDA libraries. Threads: one at a
// time; autograd has its own, which runs while the caller waits. Errors: c10::OutOfMemoryError for tensors,
// grid::OutOfMemory for an operation's scratch memory, std::runtime_error for what a GPU reports.
#pragma once

#include <ATen/core/Tensor.h>
#include <memory>
#include <vector>

#include "model/grid/operations.hpp"

namespace mer::model {

// From now on tensors on the device are this runtime's. Tensors of an earlier one keep it alive, and must not meet
// them. REQUIRES: the first one comes before the process's first backward pass, at which autograd makes its threads.
void attach_device(std::shared_ptr<grid::Runtime> runtime);

// REQUIRES: attach_device() was called.
grid::Runtime& device_runtime();
at::Device device();

inline bool on_device(const at::Tensor& tensor) {
  return tensor.is_privateuseone();
}

// to[i] = from[i], between host and device either way: one wait for all of them. REQUIRES: contiguous tensors, alike.
void copy_all(const std::vector<at::Tensor>& from, const std::vector<at::Tensor>& to);

// Memory of the host that copies to and from the device reach without staging, as a CPU tensor.
at::Tensor pinned_tensor(at::IntArrayRef sizes, at::ScalarType type);

}  // namespace mer::model
