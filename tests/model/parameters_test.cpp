#include "model/parameters.hpp"

#include <ATen/ATen.h>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>

#include "model/stacked_model.hpp"

namespace mer::model {
namespace {

at::Tensor find(StackedModel& model, const std::string& name) {
  for (int i = 0; i < model.parameter_count(); ++i) {
    if (model.parameter_name(i) == name) return model.parameter(i, 0).detach();
  }
  ADD_FAILURE() << "no parameter " << name;
  return {};
}

void expect_uniform(const at::Tensor& values, double bound) {
  const at::Tensor x = values.to(at::kDouble).flatten();
  EXPECT_LE(x.abs().max().item<double>(), bound);
  EXPECT_GT(x.abs().max().item<double>(), 0.97 * bound);
  const double tolerance = 4 * bound / std::sqrt(3.0 * double(x.numel()));  // 4 sd of a mean
  EXPECT_NEAR(x.mean().item<double>(), 0, tolerance);
  EXPECT_NEAR(x.std().item<double>(), bound / std::sqrt(3.0), tolerance);
}

TEST(ParametersTest, InitialDistributionsArePyTorchsDefaults) {
  StackedModel model({ModelSettings(), {100, 768}, 4, Dtype::float32}, 1);
  model.initialise(0, 3);
  expect_uniform(find(model, "text.input.weight"), 1 / std::sqrt(768.0));
  expect_uniform(find(model, "audio.recurrent.weight_ih_l0"), 1 / std::sqrt(50.0));
  expect_uniform(find(model, "audio.recurrent.bias_hh_l0_reverse"), 1 / std::sqrt(50.0));
  expect_uniform(find(model, "audio.self_attention.in_proj_weight"), std::sqrt(6.0 / 400));
  expect_uniform(find(model, "audio_to_text.cross_attention.out_proj.weight"), 0.1);
  expect_uniform(find(model, "public_encoder.bias"), 0.1);
  expect_uniform(find(model, "classifier.weight"), 1 / std::sqrt(400.0));
  EXPECT_EQ(find(model, "audio.self_attention.in_proj_bias").count_nonzero().item<int>(), 0);
  EXPECT_EQ(find(model, "audio.self_attention.out_proj.bias").count_nonzero().item<int>(), 0);
}

TEST(ParametersTest, SlotsAreDrawnFromTheirOwnSeedOnly) {
  const Shape shape{ModelSettings(), {5, 7}, 4, Dtype::float64};
  StackedModel stack(shape, 3);
  StackedModel alone(shape, 1);
  for (int slot = 0; slot < 3; ++slot) stack.initialise(slot, std::uint64_t(slot == 2 ? 0 : slot));
  alone.initialise(0, 1);
  for (int i = 0; i < alone.parameter_count(); ++i) {
    EXPECT_TRUE(at::equal(stack.parameter(i, 1), alone.parameter(i, 0)));
    EXPECT_TRUE(at::equal(stack.parameter(i, 2), stack.parameter(i, 0)));
  }
  EXPECT_FALSE(at::equal(stack.parameter(0, 0), stack.parameter(0, 1)));
}

TEST(ParametersTest, BothPrecisionsDrawTheSameValues) {
  StackedModel narrow({ModelSettings(), {5, 7}, 4, Dtype::float32}, 1);
  StackedModel wide({ModelSettings(), {5, 7}, 4, Dtype::float64}, 1);
  narrow.initialise(0, 9);
  wide.initialise(0, 9);
  for (int i = 0; i < wide.parameter_count(); ++i) {
    EXPECT_TRUE(at::equal(narrow.parameter(i, 0), wide.parameter(i, 0).to(at::kFloat)));
  }
}

TEST(ParametersTest, EverySlotIsAlignedTo64Bytes) {
  StackedModel model({ModelSettings(), {5, 7}, 3, Dtype::float32}, 3);
  for (int i = 0; i < model.parameter_count(); ++i) {
    for (int slot = 0; slot < 3; ++slot) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(model.parameter(i, slot).const_data_ptr()) % 64, 0U);
      EXPECT_TRUE(model.parameter(i, slot).is_contiguous());
    }
  }
}

}  // namespace
}  // namespace mer::model
