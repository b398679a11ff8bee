#include "core/scores.hpp"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace mer {
namespace {

ConfusionMatrix matrix_of(int classes, std::vector<std::int64_t> counts) {
  ConfusionMatrix matrix(classes);
  matrix.counts = std::move(counts);
  return matrix;
}

TEST(ScoresTest, AgreeWithHandComputedValues) {
  // Truth 0: 3 right, 1 taken for 1. Truth 1: 2 right, 2 taken for 0.
  const ConfusionMatrix matrix = matrix_of(2, {3, 1, 2, 2});

  const Scores scores = scores_of(matrix);
  const auto classes = class_scores_of(matrix);

  EXPECT_DOUBLE_EQ(scores.wa, 5.0 / 8);
  EXPECT_DOUBLE_EQ(scores.ua, (3.0 / 4 + 2.0 / 4) / 2);
  EXPECT_DOUBLE_EQ(classes[0].precision, 3.0 / 5);
  EXPECT_DOUBLE_EQ(classes[0].recall, 3.0 / 4);
  EXPECT_DOUBLE_EQ(classes[0].f1, 6.0 / 9);
  EXPECT_DOUBLE_EQ(classes[1].f1, 4.0 / 7);
  EXPECT_DOUBLE_EQ(scores.macro_f1, (6.0 / 9 + 4.0 / 7) / 2);
  EXPECT_DOUBLE_EQ(scores.weighted_f1, (6.0 / 9 + 4.0 / 7) / 2);
  EXPECT_EQ(classes[1].support, 4);
}

TEST(ScoresTest, UaLeavesOutClassesThatTheTruthLacks) {
  const Scores scores = scores_of(matrix_of(3, {1, 0, 1, 0, 2, 0, 0, 0, 0}));

  EXPECT_DOUBLE_EQ(scores.ua, (0.5 + 1.0) / 2);
  EXPECT_DOUBLE_EQ(scores.macro_f1, (2.0 / 3 + 1.0 + 0.0) / 3) << "class 2 was predicted, so it counts in macro-F1";
}

TEST(ScoresTest, AnEmptyMatrixHasNoScores) {
  const Scores scores = scores_of(ConfusionMatrix(4));

  EXPECT_TRUE(std::isnan(scores.wa));
  EXPECT_TRUE(std::isnan(scores.ua));
  EXPECT_TRUE(std::isnan(scores.macro_f1));
  EXPECT_TRUE(std::isnan(scores.weighted_f1));
}

TEST(ScoresTest, MatricesAddUp) {
  ConfusionMatrix sum = matrix_of(2, {1, 2, 3, 4});
  sum += matrix_of(2, {10, 20, 30, 40});

  EXPECT_EQ(sum, matrix_of(2, {11, 22, 33, 44}));
  EXPECT_EQ(sum.total(), 110);
}

// tests/golden/scores.json is made by tools/oracles/make_scores.py.
TEST(ScoresTest, AgreeWithScikitLearn) {
  std::ifstream file(MER_SOURCE_DIR "/tests/golden/scores.json");
  const auto golden = nlohmann::json::parse(file);
  ASSERT_GE(golden["cases"].size(), 10U);

  for (const auto& expected : golden["cases"]) {
    SCOPED_TRACE(expected["name"].get<std::string>());
    const ConfusionMatrix matrix = matrix_of(expected["classes"], expected["counts"]);

    const Scores scores = scores_of(matrix);
    const auto classes = class_scores_of(matrix);

    EXPECT_NEAR(scores.wa, expected["wa"].get<double>(), 1e-12);
    EXPECT_NEAR(scores.ua, expected["ua"].get<double>(), 1e-12);
    EXPECT_NEAR(scores.macro_f1, expected["macro_f1"].get<double>(), 1e-12);
    EXPECT_NEAR(scores.weighted_f1, expected["weighted_f1"].get<double>(), 1e-12);
    for (std::size_t c = 0; c < classes.size(); ++c) {
      EXPECT_NEAR(classes[c].precision, expected["precision"][c].get<double>(), 1e-12);
      EXPECT_NEAR(classes[c].recall, expected["recall"][c].get<double>(), 1e-12);
      EXPECT_NEAR(classes[c].f1, expected["f1"][c].get<double>(), 1e-12);
      EXPECT_EQ(classes[c].support, expected["support"][c].get<std::int64_t>());
    }
  }
}

}  // namespace
}  // namespace mer
