#include "worker/trainer/optimizer.hpp"

#include <ATen/ATen.h>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace mer::trainer {
namespace {

using nlohmann::json;

const json& golden() {
  static const json parsed = json::parse(std::ifstream(MER_SOURCE_DIR "/tests/golden/trainer/optimizer.json"));
  return parsed;
}

std::vector<at::Tensor> tensors_of(const json& lists, at::ScalarType type = at::kDouble) {
  std::vector<at::Tensor> tensors;
  for (const json& list : lists) {
    const auto values = list.get<std::vector<double>>();
    tensors.push_back(at::tensor(values, at::kDouble).to(type));
  }
  return tensors;
}

std::vector<NamedTensor> named(const std::vector<at::Tensor>& tensors) {
  std::vector<NamedTensor> result;
  for (const at::Tensor& tensor : tensors) result.push_back({"p" + std::to_string(result.size()), tensor});
  return result;
}

TrainSettings settings_of(const json& test_case) {
  TrainSettings settings;
  const std::string name = test_case["optimizer"];
  settings.optimizer = name == "adam"    ? OptimizerKind::adam
                       : name == "adamw" ? OptimizerKind::adamw
                                         : OptimizerKind::sgd;
  settings.learning_rate = test_case["learning_rate"];
  settings.weight_decay = test_case["weight_decay"];
  return settings;
}

TEST(OptimizerTest, TenStepsEqualTorchInFloat64) {
  for (const json& test_case : golden()["cases"]) {
    SCOPED_TRACE(test_case["optimizer"].get<std::string>());
    const auto parameters = tensors_of(test_case["start"]);
    Optimizer optimizer(settings_of(test_case), named(parameters));

    for (std::size_t step = 0; step < test_case["gradients"].size(); ++step) {
      optimizer.step(tensors_of(test_case["gradients"][step]), std::int64_t(step) + 1);

      const auto expected = tensors_of(test_case["parameters"][step]);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_TRUE(at::allclose(parameters[i], expected[i], 1e-12, 1e-14)) << "step " << step << " tensor " << i;
      }
    }
  }
}

TEST(OptimizerTest, Float32FollowsFloat64) {
  for (const json& test_case : golden()["cases"]) {
    SCOPED_TRACE(test_case["optimizer"].get<std::string>());
    const auto parameters = tensors_of(test_case["start"], at::kFloat);
    Optimizer optimizer(settings_of(test_case), named(parameters));

    for (std::size_t step = 0; step < test_case["gradients"].size(); ++step) {
      optimizer.step(tensors_of(test_case["gradients"][step], at::kFloat), std::int64_t(step) + 1);
    }

    const auto expected = tensors_of(test_case["parameters"].back());
    EXPECT_TRUE(at::allclose(parameters[0].to(at::kDouble), expected[0], 1e-5, 1e-6));
  }
}

TEST(OptimizerTest, ParameterWithoutGradientStaysAsItIs) {
  const at::Tensor moved = at::ones({3}), kept = at::ones({3});
  Optimizer optimizer(TrainSettings(), named({moved, kept}));

  optimizer.step({at::ones({3}), at::Tensor()}, 1);

  EXPECT_TRUE(at::equal(kept, at::ones({3})));
  EXPECT_FALSE(at::equal(moved, at::ones({3})));
}

TEST(OptimizerTest, StateNamesBothMomentsOfEachParameterAndSgdHasNone) {
  TrainSettings sgd;
  sgd.optimizer = OptimizerKind::sgd;

  const auto state = Optimizer(TrainSettings(), named({at::ones({2})})).state();

  ASSERT_EQ(state.size(), 2U);
  EXPECT_EQ(state[0].name, "exp_avg/p0");
  EXPECT_EQ(state[1].name, "exp_avg_sq/p0");
  EXPECT_TRUE(Optimizer(sgd, named({at::ones({2})})).state().empty());
}

TEST(GradientNormTest, IsTheL2NormOverAllGradients) {
  for (const json& test_case : golden()["cases"]) {
    for (std::size_t step = 0; step < test_case["gradients"].size(); ++step) {
      const double expected = test_case["gradient_norms"][step];
      EXPECT_NEAR(gradient_norm(tensors_of(test_case["gradients"][step])), expected, 1e-12 * expected);
    }
  }
}

TEST(GradientNormTest, SkipsUndefinedAndShowsNan) {
  EXPECT_EQ(gradient_norm({at::Tensor(), at::full({4}, 2.0)}), 4.0);
  EXPECT_TRUE(std::isnan(gradient_norm({at::full({9}, std::nan(""))})));
}

}  // namespace
}  // namespace mer::trainer
