#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/device/device.hpp"
#include "model/probe.hpp"
#include "tests/device/test_device.hpp"
#include "tests/model/golden.hpp"

namespace mer::model {
namespace {

// Every layer, loss, switch and reading as the device computes it, against PyTorch's layers in Python.
class DeviceGolden : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const auto reason = attach_test_device()) GTEST_SKIP() << *reason;
  }
};

TEST_P(DeviceGolden, EqualsPyTorchInDoublePrecision) {
  const GoldenFile golden = read_golden(GetParam());

  const Result<NamedTensors> out = probe(golden.input, golden.metadata, nullptr, device());

  ASSERT_TRUE(out.ok()) << out.error().message;
  ASSERT_EQ(out->size(), golden.expected.size());
  for (const auto& [name, expected] : golden.expected) {
    ASSERT_TRUE(out->contains(name)) << name;
    EXPECT_LT(largest_error(out->at(name), expected), 1e-9) << name;
  }
}

TEST_P(DeviceGolden, LossesEqualPyTorchInSinglePrecision) {
  GoldenFile golden = read_golden(GetParam());
  for (auto& [name, tensor] : golden.input) {
    if (tensor.scalar_type() == at::kDouble) tensor = tensor.to(at::kFloat);
  }

  const Result<NamedTensors> out = probe(golden.input, golden.metadata, nullptr, device());

  ASSERT_TRUE(out.ok()) << out.error().message;
  for (const auto& [name, expected] : golden.expected) {
    if (!name.starts_with("loss.")) continue;
    EXPECT_LT(largest_error(out->at(name), expected), 1e-5) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Model, DeviceGolden, testing::ValuesIn(golden_names("case_")),
                         [](const auto& test) { return test.param.substr(5); });

}  // namespace
}  // namespace mer::model
