#include "worker/trainer/selection.hpp"

#include <gtest/gtest.h>

#include "worker/trainer/epoch_means.hpp"

namespace mer::trainer {
namespace {

// `right` of ten utterances are right.
Evaluation evaluation(int right) {
  Evaluation result;
  result.utterances = 10;
  result.confusion = ConfusionMatrix(2);
  result.confusion.at(0, 0) = right;
  result.confusion.at(0, 1) = 10 - right;
  result.probabilities = {float(right)};
  return result;
}

const Selected* find(const BestEpochs& best, SelectionRule rule, Metric metric) {
  for (const Best& entry : best.entries()) {
    if (entry.selected.rule == rule && entry.selected.metric == metric) return &entry.selected;
  }
  return nullptr;
}

TEST(BestEpochsTest, ValidationDecidesWhichTestPredictionsAreKept) {
  BestEpochs best;
  const Evaluation high = evaluation(9), low = evaluation(2);

  best.update(1, &high, low);
  best.update(2, &low, high);

  const Selected* by_validation = find(best, SelectionRule::best_validation, Metric::wa);
  const Selected* by_test = find(best, SelectionRule::best_test, Metric::wa);
  ASSERT_TRUE(by_validation != nullptr && by_test != nullptr);
  EXPECT_EQ(by_validation->epoch, 1);
  EXPECT_EQ(by_validation->confusion, low.confusion);
  EXPECT_EQ(by_test->epoch, 2);
  EXPECT_EQ(by_test->probabilities, high.probabilities);
}

TEST(BestEpochsTest, TiesKeepTheEarlierEpoch) {
  BestEpochs best;

  for (int epoch = 1; epoch <= 3; ++epoch) best.update(epoch, nullptr, evaluation(5));

  EXPECT_EQ(find(best, SelectionRule::best_test, Metric::macro_f1)->epoch, 1);
}

TEST(BestEpochsTest, KeepsEveryMetricAndNoValidationRuleWithoutAValidationPart) {
  BestEpochs best;

  best.update(1, nullptr, evaluation(5));

  EXPECT_EQ(best.entries().size(), 4U);
  EXPECT_EQ(find(best, SelectionRule::best_validation, Metric::wa), nullptr);
  EXPECT_NE(find(best, SelectionRule::best_test, Metric::weighted_f1), nullptr);
}

TEST(BestEpochsTest, MetricsMayDisagreeAboutTheBestEpoch) {
  Evaluation accurate, balanced;  // all answers class 0; both classes somewhat right
  accurate.confusion = balanced.confusion = ConfusionMatrix(2);
  accurate.confusion.at(0, 0) = 9;
  accurate.confusion.at(1, 0) = 1;
  balanced.confusion.at(0, 0) = 7;
  balanced.confusion.at(0, 1) = 2;
  balanced.confusion.at(1, 1) = 1;
  BestEpochs best;

  best.update(1, nullptr, accurate);
  best.update(2, nullptr, balanced);

  EXPECT_EQ(find(best, SelectionRule::best_test, Metric::wa)->epoch, 1);
  EXPECT_EQ(find(best, SelectionRule::best_test, Metric::ua)->epoch, 2);
}

TEST(LossMeansTest, WeighsBatchesByTheirUtterances) {
  LossComponents first, second;
  first.total = 1;
  first.similarity = 4;
  first.auxiliary_by_modality = {1, 2};
  second.total = 4;
  second.similarity = 1;
  second.auxiliary_by_modality = {4, 8};
  LossMeans means;

  means.add(first, 2);
  means.add(second, 1);

  const LossComponents mean = means.mean();
  EXPECT_EQ(means.utterances(), 3);
  EXPECT_DOUBLE_EQ(mean.total, 2);
  EXPECT_DOUBLE_EQ(mean.similarity.value(), 3);
  EXPECT_EQ(mean.auxiliary_by_modality, (std::vector<double>{2, 4}));
  EXPECT_FALSE(mean.cycle.has_value());
}

TEST(PredictionTest, ProbabilitiesAreASoftmaxAndEqualLogitsGoToTheLowestClass) {
  const std::vector<double> logits = {1000, 1000, 0};
  std::vector<float> probabilities(3);

  write_probabilities(logits, probabilities.data());

  EXPECT_EQ(predicted_class(logits), 0);
  EXPECT_EQ(probabilities, (std::vector<float>{0.5F, 0.5F, 0.0F}));
}

TEST(NotFiniteTest, NamesTheCulpritBeforeTheTotal) {
  LossComponents losses;
  EXPECT_EQ(not_finite(losses), std::nullopt);

  losses.total = std::numeric_limits<double>::infinity();
  EXPECT_EQ(not_finite(losses), "total");

  losses.cycle = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(not_finite(losses), "cycle");
}

}  // namespace
}  // namespace mer::trainer
