#include "storage/lookup.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <string>

#include "storage/aggregate.hpp"

namespace mer::storage {
namespace {

TEST(Lookup, ASweepsNumberIsAWholeWord) {
  EXPECT_EQ(sweep_number("12"), 12);
  for (const char* word : {"", "x", "1x", "99999999999999999999"}) EXPECT_EQ(sweep_number(word), std::nullopt) << word;
}

TEST(Lookup, ATrialsPrefixIsHexAndASupersededOneIsWhole) {
  const std::string whole(32, 'a');
  for (const std::string& good : {std::string("0af9"), whole, whole + ".1", whole + ".12"}) {
    EXPECT_TRUE(check_trial_prefix(good).ok()) << good;
  }
  for (const std::string& bad : {std::string(), std::string("0af"), std::string("0afx"), std::string("0AF9"),
                                 whole + "a", std::string("0af9.1"), whole + ".x", whole + ".1.2", whole + "a.1"}) {
    EXPECT_EQ(check_trial_prefix(bad).error().code, ErrorCode::invalid) << bad;
  }
}

TEST(Lookup, PredictionsFitTheirTestPart) {
  const TestPart part{{"u1", "u2"}, {0, 1}};
  Selected selected;
  selected.confusion = ConfusionMatrix(2);
  selected.probabilities = {0.75F, 0.25F, 0.5F, 0.5F};
  EXPECT_EQ(predictions_of(selected, part)->at(1).predicted, 0) << "the first of the highest";

  EXPECT_EQ(predictions_of(selected, {{"u1", "u2"}, {0}}).error().code, ErrorCode::corrupt);
  selected.probabilities.pop_back();
  EXPECT_EQ(predictions_of(selected, part).error().code, ErrorCode::corrupt);
}

TEST(Aggregates, OfNothingThereAreNone) {
  EXPECT_TRUE(result_rows({}).empty());
}

TEST(Aggregates, PointsAreInTheOrderOfTheSubmissionAndConfigurationsInTheirOwn) {
  const Scores half{.wa = 0.5}, whole{.wa = 1};
  const std::vector<ScoredTrial> trials = {
      {1, 7, 0, half}, {1, 3, 0, whole}, {0, 3, 0, half}, {1, 7, 1, whole}, {1, 3, 1, whole}};
  const std::vector<ResultRow> rows = result_rows(trials);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].configuration, 0);
  EXPECT_EQ(rows[0].folds, std::vector{3});
  EXPECT_EQ(rows[0].wa.mean, 0.5);
  EXPECT_EQ(rows[0].wa.sd, std::nullopt);
  EXPECT_EQ(rows[1].folds, (std::vector{7, 3}));
  EXPECT_EQ(rows[1].wa.points, (std::vector<std::optional<double>>{0.75, 1}));
  EXPECT_EQ(rows[1].wa.mean, 0.875);
}

TEST(Aggregates, ATrialWithoutAScoreLeavesItsPointOut) {
  const Scores half{.wa = 0.5, .ua = std::nan("")};
  const std::vector<ScoredTrial> trials = {{0, 0, 0, half}, {0, 0, 1, half}, {0, 1, 0, half}, {0, 1, 1, {}}};
  const ResultRow row = result_rows(trials).at(0);
  EXPECT_EQ(row.wa.points, (std::vector<std::optional<double>>{0.5, {}}));
  EXPECT_EQ(row.wa.n, 1);
  EXPECT_EQ(row.wa.expected_n, 2);
  EXPECT_EQ(row.wa.mean, std::nullopt);
  EXPECT_EQ(row.ua.n, 0);
}

}  // namespace
}  // namespace mer::storage
