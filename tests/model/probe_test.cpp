#include "model/probe.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/model/golden.hpp"

namespace mer::model {
namespace {

// Every layer, loss, switch and reading against PyTorch's layers in Python, one file each.
class GoldenCase : public testing::TestWithParam<std::string> {};

TEST_P(GoldenCase, EqualsPyTorchInDoublePrecision) {
  const GoldenFile golden = read_golden(GetParam());

  const Result<NamedTensors> out = probe(golden.input, golden.metadata);

  ASSERT_TRUE(out.ok()) << out.error().message;
  ASSERT_EQ(out->size(), golden.expected.size());
  for (const auto& [name, expected] : golden.expected) {
    ASSERT_TRUE(out->contains(name)) << name;
    EXPECT_LT(largest_error(out->at(name), expected), 1e-9) << name;
  }
}

TEST_P(GoldenCase, LossesEqualPyTorchInSinglePrecision) {
  GoldenFile golden = read_golden(GetParam());
  for (auto& [name, tensor] : golden.input) {
    if (tensor.scalar_type() == at::kDouble) tensor = tensor.to(at::kFloat);
  }

  const Result<NamedTensors> out = probe(golden.input, golden.metadata);

  ASSERT_TRUE(out.ok()) << out.error().message;
  for (const auto& [name, expected] : golden.expected) {
    if (!name.starts_with("loss.")) continue;
    EXPECT_LT(largest_error(out->at(name), expected), 1e-5) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Model, GoldenCase, testing::ValuesIn(golden_names("case_")),
                         [](const auto& test) { return test.param.substr(5); });

class ProbeInput : public testing::Test {
 protected:
  std::string error() const {
    const Result<NamedTensors> out = probe(golden.input, golden.metadata);
    return out ? "" : out.error().message;
  }
  GoldenFile golden = read_golden("case_default");
};

TEST_F(ProbeInput, AsksForGradientsOnlyWhenTold) {
  golden.metadata.erase("gradients");
  const Result<NamedTensors> out = probe(golden.input, golden.metadata);
  ASSERT_TRUE(out.ok()) << out.error().message;
  EXPECT_FALSE(out->contains("gradient.classifier.bias"));
}

TEST_F(ProbeInput, MissingTensorIsNamed) {
  golden.input.erase("parameter.audio.decoder.weight");
  EXPECT_EQ(error(), "tensor parameter.audio.decoder.weight: missing");
}

TEST_F(ProbeInput, ParameterOfAnotherShapeIsRefused) {
  golden.input["parameter.audio.decoder.bias"] = at::zeros({1, 9}, at::kDouble);
  EXPECT_EQ(error(),
            "tensor parameter.audio.decoder.bias: is Double [1, 9], expected [1, 8] of one type for all parameters");
}

TEST_F(ProbeInput, ParameterThatTheSettingsHaveNotIsRefused) {
  golden.input["parameter.video.decoder.bias"] = at::zeros({1, 8}, at::kDouble);
  EXPECT_NE(error().find("parameter.video.decoder.bias"), std::string::npos) << error();
}

TEST_F(ProbeInput, LabelOutsideTheClassesIsRefused) {
  golden.input["labels"][0] = 4;
  EXPECT_EQ(error(), "tensor labels: expected numbers from 0 to 3");
}

TEST_F(ProbeInput, LengthsThatDoNotAddUpAreRefused) {
  golden.input["dialogue_lengths"][0] = 100;
  EXPECT_NE(error().find("dialogue_lengths"), std::string::npos) << error();
}

TEST_F(ProbeInput, UnknownSettingIsRefusedWithItsName) {
  golden.metadata["model"] = R"({"hiden": 8})";
  EXPECT_NE(error().find("hiden"), std::string::npos) << error();
}

TEST_F(ProbeInput, BrokenJsonIsRefused) {
  golden.metadata["slots"] = "[{";
  EXPECT_NE(error().find("metadata slots: not JSON"), std::string::npos) << error();
}

}  // namespace
}  // namespace mer::model
