#include "data/corpus_summary.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "data/feature_summary.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(FeatureSummaryTest, SpreadsAreThoseOfTheColumns) {
  // Columns: 1 3 5 (mean 3, sd sqrt(8/3)), 10 10 40 (mean 20, sd sqrt(200)).
  const FeatureSummary summary = summarise_features(matrix("audio", 2, {1, 10, 3, 10, 5, 40}));

  EXPECT_EQ(summary.least, 1);
  EXPECT_EQ(summary.most, 40);
  EXPECT_DOUBLE_EQ(summary.means.least, 3);
  EXPECT_DOUBLE_EQ(summary.means.median, 11.5);
  EXPECT_DOUBLE_EQ(summary.means.most, 20);
  EXPECT_DOUBLE_EQ(summary.sds.least, std::sqrt(8.0 / 3));
  EXPECT_DOUBLE_EQ(summary.sds.most, std::sqrt(200.0));
  EXPECT_THAT(summary.zero_columns, IsEmpty());
  EXPECT_THAT(summary.constant_columns, IsEmpty());
  EXPECT_EQ(summary.outliers, 0U);
}

TEST(FeatureSummaryTest, DeadAndConstantColumnsAreToldApart) {
  const FeatureSummary summary =
      summarise_features(matrix("audio", 4, {0, 0.1F, 1, -0.0F, 0, 0.1F, 2, 0, 0, 0.1F, 3, 0}));

  EXPECT_THAT(summary.zero_columns, ElementsAre(0, 3));
  EXPECT_THAT(summary.constant_columns, ElementsAre(1));
  EXPECT_EQ(summary.sds.least, 0);
  EXPECT_EQ(summary.outliers, 0U);
}

TEST(FeatureSummaryTest, OutliersAreCountedAndTheFirstAreKept) {
  std::vector<float> values(2000, 0);
  values[400] = -7;   // row 200, column 0: z = -sqrt(999)
  values[1001] = 50;  // row 500, column 1
  const FeatureSummary summary = summarise_features(matrix("audio", 2, std::move(values)));

  EXPECT_EQ(summary.outliers, 2U);
  ASSERT_THAT(summary.first_outliers, SizeIs(2));
  EXPECT_EQ(summary.first_outliers[0].row, 200U);
  EXPECT_EQ(summary.first_outliers[0].column, 0);
  EXPECT_EQ(summary.first_outliers[0].value, -7);
  EXPECT_NEAR(summary.first_outliers[0].z, -std::sqrt(999.0), 1e-9);
  EXPECT_EQ(summary.first_outliers[1].row, 500U);
  EXPECT_EQ(summary.first_outliers[1].column, 1);
}

TEST(FeatureSummaryTest, ALargeOffsetDoesNotHideTheSpread) {
  const FeatureSummary summary = summarise_features(matrix("audio", 1, {1e7F, 1e7F + 1, 1e7F, 1e7F + 1}));

  EXPECT_DOUBLE_EQ(summary.sds.most, 0.5);
}

TEST(CorpusSummaryTest, HasFactsFeaturesAndDurations) {
  Corpus corpus = paired_corpus(2);
  corpus.seconds.assign(corpus.utterances.size(), 2);
  corpus.seconds[3] = 38;

  const auto summary = nlohmann::ordered_json::parse(corpus_summary(corpus));

  EXPECT_EQ(summary["utterances"], 36);
  EXPECT_EQ(summary["speakers"].size(), 4U);
  EXPECT_EQ(summary["seconds"],
            nlohmann::ordered_json::parse(R"({"total":108.0,"shortest":2.0,"median":2.0,"mean":3.0,"longest":38.0})"));
  EXPECT_EQ(summary["features"]["text"]["dim"], 3);
  EXPECT_EQ(summary["features"]["text"]["range"], nlohmann::ordered_json::parse("[0.0,35.25]"));
  EXPECT_EQ(summary["features"]["text"]["outliers"]["count"], 0);
}

TEST(CorpusSummaryTest, WithoutRecordingsAndFeaturesItHasTheRest) {
  Corpus corpus = paired_corpus(2);
  corpus.features.clear();

  const auto summary = nlohmann::ordered_json::parse(corpus_summary(corpus));

  EXPECT_FALSE(summary.contains("seconds"));
  EXPECT_TRUE(summary["features"].empty());
  EXPECT_EQ(summary["dialogues"]["count"], 6);
}

}  // namespace
}  // namespace mer::data
