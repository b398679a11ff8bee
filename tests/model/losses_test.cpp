#include "model/losses.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "model/difference.hpp"

namespace mer::model {
namespace {

at::Tensor rows(std::vector<double> values, std::int64_t width) {
  return at::tensor(values, at::kDouble).view({-1, width});
}

// One slot whose rows are all of x.
LayoutPtr layout_of(const at::Tensor& x) {
  auto layout = std::make_shared<Layout>();
  layout->add_slot(std::vector<std::int64_t>{x.size(0)});
  return layout;
}

ColumnMoments moments_of(const at::Tensor& x, int count) {
  ColumnMoments moments(x, count, layout_of(x));
  const at::Tensor counts = count_rows(*layout_of(x));
  moments.take_means(counts);
  moments.take_moments(counts);
  return moments;
}

at::Tensor discrepancy_of(const at::Tensor& x, const at::Tensor& y, int moments, SimilarityNorm norm) {
  return moment_discrepancy(x, y, moments_of(x, moments), moments_of(y, moments), norm, count_rows(*layout_of(x)));
}

double discrepancy(const at::Tensor& x, const at::Tensor& y, int moments, SimilarityNorm norm = SimilarityNorm::l2) {
  return discrepancy_of(x, y, moments, norm)[0].item<double>();
}

double overlap(const at::Tensor& x, const at::Tensor& y, DifferenceForm form) {
  return Overlap(x, y, form, layout_of(x)).value(x, y, count_rows(*layout_of(x)))[0].item<double>();
}

double normalised_overlap(const at::Tensor& x, const at::Tensor& y) {
  return overlap(UnitRows(moments_of(x, 1)).rows(), UnitRows(moments_of(y, 1)).rows(), DifferenceForm::normalised);
}

TEST(LossesTest, DiscrepancyOfEqualSamplesIsZeroWithGradientZero) {
  at::Tensor x = rows({0.1, 0.9, 0.4, 0.3}, 2).set_requires_grad(true);
  const at::Tensor loss = discrepancy_of(x, x.detach().clone(), 5, SimilarityNorm::l2);
  torch::autograd::backward({loss}, {at::ones_like(loss)});
  EXPECT_EQ(loss[0].item<double>(), 0);
  EXPECT_TRUE(at::equal(x.grad(), at::zeros_like(x.grad())));
}

TEST(LossesTest, FirstMomentIsTheDistanceOfTheMeans) {
  const at::Tensor x = rows({1, 0, 5, 2}, 2);  // mean (3, 1)
  const at::Tensor y = rows({1, -2, -1, -4}, 2);
  EXPECT_DOUBLE_EQ(discrepancy(x, y, 1), 5);
  EXPECT_DOUBLE_EQ(discrepancy(x, y, 1, SimilarityNorm::squared_l2), 25);
}

TEST(LossesTest, SecondMomentIsTheVariance) {
  const at::Tensor x = rows({-1, 1}, 1);
  const at::Tensor y = rows({-3, 3}, 1);
  EXPECT_DOUBLE_EQ(discrepancy(x, y, 2), 8);
}

TEST(LossesTest, OverlapOfOneRowIsZeroWhenCentred) {
  const at::Tensor x = rows({1, 2}, 2);
  EXPECT_EQ(normalised_overlap(x, x), 0);
  EXPECT_DOUBLE_EQ(overlap(x, x, DifferenceForm::literal), 25);
}

TEST(LossesTest, OverlapIsZeroForUncorrelatedFeatures) {
  const at::Tensor x = rows({1, -1, 1, -1}, 1);
  const at::Tensor y = rows({1, 1, -1, -1}, 1);
  EXPECT_NEAR(normalised_overlap(x, y), 0, 1e-30);  // a product's rounding, squared, where BLAS uses fused multiply-add
  EXPECT_NEAR(normalised_overlap(x, x), 16, 1e-3);
}

TEST(LossesTest, SquaredErrorIsAMeanOverUtterancesAndFeatures) {
  const at::Tensor x = rows({1, 2, 3, 4}, 2);
  EXPECT_DOUBLE_EQ(
      SquaredError(x, rows({1, 2, 3, 0}, 2), layout_of(x)).mean(count_rows(*layout_of(x)))[0].item<double>(), 4);
}

TEST(LossesTest, CrossEntropyOfEqualLogitsIsLogOfTheClasses) {
  const at::Tensor logits = rows({1, 1, 7, 7}, 2);
  const at::Tensor labels = at::tensor({0, 1}, at::kLong);
  EXPECT_NEAR(CrossEntropy(logits, labels, layout_of(logits)).mean(count_rows(*layout_of(logits)))[0].item<double>(),
              0.693147180559945, 1e-12);
}

}  // namespace
}  // namespace mer::model
