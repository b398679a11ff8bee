#include "model/losses.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace mer::model {
namespace {

at::Tensor rows(std::vector<double> values, std::int64_t width) {
  return at::tensor(values, at::kDouble).view({-1, width});
}

TEST(LossesTest, DiscrepancyOfEqualSamplesIsZeroWithGradientZero) {
  at::Tensor x = rows({0.1, 0.9, 0.4, 0.3}, 2).set_requires_grad(true);
  const at::Tensor loss = moment_discrepancy(x, x.detach().clone(), 5, SimilarityNorm::l2);
  torch::autograd::backward({loss}, {});
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_TRUE(at::equal(x.grad(), at::zeros_like(x.grad())));
}

TEST(LossesTest, FirstMomentIsTheDistanceOfTheMeans) {
  const at::Tensor x = rows({1, 0, 5, 2}, 2);  // mean (3, 1)
  const at::Tensor y = rows({0, -3}, 2);
  EXPECT_DOUBLE_EQ(moment_discrepancy(x, y, 1, SimilarityNorm::l2).item<double>(), 5);
  EXPECT_DOUBLE_EQ(moment_discrepancy(x, y, 1, SimilarityNorm::squared_l2).item<double>(), 25);
}

TEST(LossesTest, SecondMomentIsTheVariance) {
  const at::Tensor x = rows({-1, 1}, 1);
  const at::Tensor y = rows({-3, 3}, 1);
  EXPECT_DOUBLE_EQ(moment_discrepancy(x, y, 2, SimilarityNorm::l2).item<double>(), 8);
}

TEST(LossesTest, OverlapOfOneRowIsZeroWhenCentred) {
  const at::Tensor x = rows({1, 2}, 2);
  EXPECT_EQ(overlap(x, x, DifferenceForm::normalised).item<double>(), 0);
  EXPECT_DOUBLE_EQ(overlap(x, x, DifferenceForm::literal).item<double>(), 25);
}

TEST(LossesTest, OverlapIsZeroForUncorrelatedFeatures) {
  const at::Tensor x = rows({1, -1, 1, -1}, 1);
  const at::Tensor y = rows({1, 1, -1, -1}, 1);
  EXPECT_EQ(overlap(x, y, DifferenceForm::normalised).item<double>(), 0);
  EXPECT_NEAR(overlap(x, x, DifferenceForm::normalised).item<double>(), 16, 1e-3);
}

TEST(LossesTest, SquaredErrorIsAMeanOverUtterancesAndFeatures) {
  EXPECT_DOUBLE_EQ(squared_error(rows({1, 2, 3, 4}, 2), rows({1, 2, 3, 0}, 2)).item<double>(), 4);
}

TEST(LossesTest, CrossEntropyOfEqualLogitsIsLogOfTheClasses) {
  EXPECT_NEAR(cross_entropy(rows({1, 1, 7, 7}, 2), at::tensor({0, 1}, at::kLong)).item<double>(), 0.693147180559945,
              1e-12);
}

}  // namespace
}  // namespace mer::model
