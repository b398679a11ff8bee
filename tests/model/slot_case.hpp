// One slot's part of a stack's step, made up for a test, and a step of a model on such parts.
#pragma once

#include <ATen/core/Tensor.h>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "model/stacked_model.hpp"

namespace mer::model {

using Random = std::mt19937;

int draw(Random& random, int low, int high);

// What one slot sees at one step.
struct SlotCase {
  std::vector<std::int64_t> lengths;
  std::vector<at::Tensor> features;
  at::Tensor labels;
  std::vector<std::uint8_t> scored;
  SlotSettings settings;
  std::int64_t first_dialogue = 0;
};

SlotCase random_case(Random& random, const Shape& shape, int dialogues);

// The dialogues [begin, end) of a case.
SlotCase part_of(const SlotCase& slot, std::size_t begin, std::size_t end);

Batch batch_of(const std::vector<SlotCase>& slots);

struct Outcome {
  LayoutPtr layout;
  Representations representations;
  Losses losses;
  std::vector<std::vector<at::Tensor>> gradients;  // [slot][parameter]
};

Outcome step(StackedModel& model, const std::vector<SlotCase>& slots);

// Kingma and Ba 2015, with L2 coupled as in torch.optim.Adam.
struct Adam {
  at::Tensor first, second;

  void step(const at::Tensor& weights, const at::Tensor& gradient, int t, double rate, double decay);
};

struct Variant {
  const char* name;
  Dtype dtype;
  ModelSettings settings;
  std::vector<int> feature_dims;
};

std::vector<Variant> variants();

}  // namespace mer::model
