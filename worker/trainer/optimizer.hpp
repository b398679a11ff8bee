// Optimizer: Adam (coupled weight decay), AdamW and SGD for one slot, with torch.optim's formulas and defaults.
//
// Source: torch.optim 2.11, single-tensor forms; Kingma & Ba 2015, Loshchilov & Hutter 2019. Threads: one thread.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <string>
#include <vector>

#include "core/settings.hpp"
#include "model/grid/operations.hpp"

namespace mer::trainer {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

// L2 norm over all gradients, summed in double in a fixed order. Undefined tensors count as zero.
double gradient_norm(const std::vector<at::Tensor>& gradients);

// The numbers of step `number` (from 1), as the device takes them.
grid::OptimizerStep<double> optimizer_step(const TrainSettings& settings, std::int64_t number);

class Optimizer {
 public:
  // parameters: contiguous CPU tensors of settings.dtype that share memory with the model's.
  Optimizer(const TrainSettings& settings, std::vector<NamedTensor> parameters);

  // Of a slot on the device, which updates the weights itself: only state() may be called. exp_avg, exp_avg_sq: its
  // moments there, by parameter.
  Optimizer(const TrainSettings& settings, std::vector<NamedTensor> parameters, std::vector<at::Tensor> exp_avg,
            std::vector<at::Tensor> exp_avg_sq);

  // Step number `number` (from 1). A parameter whose gradient is undefined keeps its value and state, as in torch.
  void step(const std::vector<at::Tensor>& gradients, std::int64_t number);

  // Moments by name ("exp_avg/<parameter>", "exp_avg_sq/<parameter>"): what a checkpoint must keep. Empty for SGD.
  std::vector<NamedTensor> state() const;

 private:
  TrainSettings settings_;
  std::vector<NamedTensor> parameters_;
  std::vector<at::Tensor> exp_avg_, exp_avg_sq_;
};

}  // namespace mer::trainer
