// Means and predictions out of the model's tensors: what rows of metrics are made of.
//
// Threads: plain values, pure functions. Units: losses in nats.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/records.hpp"
#include "core/scores.hpp"
#include "model/stacked_model.hpp"

namespace mer::trainer {

// One record per slot.
std::vector<LossComponents> components_by_slot(const model::Losses& losses, int slots);

// Name of the first component that is NaN or infinite, the parts before the total; nullopt: all are finite.
std::optional<std::string> not_finite(const LossComponents& losses);

// Means weighted by utterances.
class LossMeans {
 public:
  void add(const LossComponents& batch, std::int64_t utterances);
  LossComponents mean() const;  // REQUIRES: utterances() > 0
  std::int64_t utterances() const { return utterances_; }

 private:
  LossComponents sum_;
  std::int64_t utterances_ = 0;
};

// Logits on the host as double, [rows, classes].
struct HostLogits {
  explicit HostLogits(const at::Tensor& logits);
  std::span<const double> row(std::int64_t i) const { return {data + i * classes, std::size_t(classes)}; }

  at::Tensor storage;
  const double* data = nullptr;
  std::int64_t classes = 0;
};

// The most probable class; the lowest of equal ones.
int predicted_class(std::span<const double> logits);
// Softmax, in double.
void write_probabilities(std::span<const double> logits, float* to);

}  // namespace mer::trainer
