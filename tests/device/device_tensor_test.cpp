#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/device/device.hpp"
#include "tests/device/test_device.hpp"

namespace mer::model {
namespace {

at::TensorOptions there(at::ScalarType type = at::kFloat) {
  return at::TensorOptions(type).device(device());
}

class DeviceTensor : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = attach_test_device()) GTEST_SKIP() << *reason;
  }
};

TEST_F(DeviceTensor, ComesBackAsItWasSent) {
  const at::Tensor sent = at::arange(24, at::kDouble).view({4, 6});

  const at::Tensor back = sent.to(device()).cpu();

  EXPECT_TRUE(at::equal(sent, back));
}

TEST_F(DeviceTensor, PartsShareMemoryWithTheWhole) {
  const at::Tensor whole = at::zeros({3, 8}, there());

  whole.select(0, 1).narrow(0, 0, 6).view({2, 3}).copy_(at::ones({2, 3}));

  EXPECT_EQ(whole.cpu().sum().item<float>(), 6);
  EXPECT_EQ(whole.cpu()[1][5].item<float>(), 1);
}

TEST_F(DeviceTensor, AddsAndMultipliesWithGradients) {
  const at::Tensor x = at::full({4}, 3.0, at::kDouble).to(device()).set_requires_grad(true);

  const at::Tensor y = x * x + x;
  y.backward(at::ones_like(y));

  EXPECT_TRUE(at::equal(y.detach().cpu(), at::full({4}, 12.0, at::kDouble)));
  EXPECT_TRUE(at::equal(x.grad().cpu(), at::full({4}, 7.0, at::kDouble)));
}

// A step that reads a value would wait for the device, and could not be recorded.
TEST_F(DeviceTensor, RefusesToBeReadValueByValue) {
  const at::Tensor x = at::ones({1}, there());

  EXPECT_THROW(x.item(), c10::NotImplementedError);
}

TEST_F(DeviceTensor, RefusesToMeetTensorsOfTheHost) {
  const at::Tensor x = at::ones({4, 2}, there());

  EXPECT_ANY_THROW(x.index_select(0, at::zeros({1}, at::kLong)));
  EXPECT_ANY_THROW(at::cat({x, at::ones({4, 2})}));
}

}  // namespace
}  // namespace mer::model
