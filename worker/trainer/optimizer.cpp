#include "worker/trainer/optimizer.hpp"

#include <ATen/ops/zeros_like.h>
#include <cmath>
#include <utility>

#include "core/check.hpp"
#include "model/kernels/kernels.hpp"
#include "model/ops.hpp"

namespace mer::trainer {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;  // torch's defaults

template <class T>
kernels::AdamStep<T> adam_step(const TrainSettings& settings, std::int64_t number) {
  const bool decoupled = settings.optimizer == OptimizerKind::adamw;
  kernels::AdamStep<T> step;
  step.coupled_decay = T(decoupled ? 0 : settings.weight_decay);
  step.keep = T(decoupled ? 1 - settings.learning_rate * settings.weight_decay : 1);
  step.lerp = T(1 - kBeta1);
  step.beta2 = T(kBeta2);
  step.square_weight = T(1 - kBeta2);
  step.epsilon = T(kEpsilon);
  step.step_size = T(settings.learning_rate / (1 - std::pow(kBeta1, double(number))));
  step.root_correction = T(std::sqrt(1 - std::pow(kBeta2, double(number))));
  return step;
}

}  // namespace

double gradient_norm(const std::vector<at::Tensor>& gradients) {
  double total = 0;
  for (const at::Tensor& gradient : gradients) {
    if (!gradient.defined()) continue;
    const at::Tensor dense = gradient.contiguous();
    total += model::with_type(dense.scalar_type(), [&]<class T>(T) {
      return kernels::kernels<T>().sum_of_squares(dense.const_data_ptr<T>(), dense.numel());
    });
  }
  return std::sqrt(total);
}

grid::OptimizerStep<double> optimizer_step(const TrainSettings& settings, std::int64_t number) {
  return {adam_step<double>(settings, number), settings.learning_rate, settings.weight_decay,
          settings.optimizer == OptimizerKind::sgd};
}

Optimizer::Optimizer(const TrainSettings& settings, std::vector<NamedTensor> parameters)
    : settings_(settings), parameters_(std::move(parameters)) {
  for (const NamedTensor& parameter : parameters_) {
    MER_CHECK(parameter.tensor.is_contiguous(), parameter.name.c_str());
    if (settings_.optimizer == OptimizerKind::sgd) continue;
    exp_avg_.push_back(at::zeros_like(parameter.tensor));
    exp_avg_sq_.push_back(at::zeros_like(parameter.tensor));
  }
}

Optimizer::Optimizer(const TrainSettings& settings, std::vector<NamedTensor> parameters,
                     std::vector<at::Tensor> exp_avg, std::vector<at::Tensor> exp_avg_sq)
    : settings_(settings), parameters_(std::move(parameters)) {
  if (settings_.optimizer == OptimizerKind::sgd) return;
  exp_avg_ = std::move(exp_avg);
  exp_avg_sq_ = std::move(exp_avg_sq);
}

void Optimizer::step(const std::vector<at::Tensor>& gradients, std::int64_t number) {
  MER_CHECK(gradients.size() == parameters_.size(), "one gradient per parameter");
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const at::Tensor gradient = gradients[i].contiguous();
    model::with_type(gradient.scalar_type(), [&]<class T>(T) {
      const auto& table = kernels::kernels<T>();
      T* parameter = parameters_[i].tensor.mutable_data_ptr<T>();
      const T* slope = gradient.const_data_ptr<T>();
      if (settings_.optimizer == OptimizerKind::sgd) {
        table.sgd(T(settings_.learning_rate), T(settings_.weight_decay), gradient.numel(), parameter, slope);
      } else {
        table.adam(adam_step<T>(settings_, number), gradient.numel(), parameter, slope,
                   exp_avg_[i].mutable_data_ptr<T>(), exp_avg_sq_[i].mutable_data_ptr<T>());
      }
    });
  }
}

std::vector<NamedTensor> Optimizer::state() const {
  std::vector<NamedTensor> state;
  for (std::size_t i = 0; i < exp_avg_.size(); ++i) {
    state.push_back({"exp_avg/" + parameters_[i].name, exp_avg_[i]});
    state.push_back({"exp_avg_sq/" + parameters_[i].name, exp_avg_sq_[i]});
  }
  return state;
}

}  // namespace mer::trainer
