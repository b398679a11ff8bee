#include "storage/lookup.hpp"

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

TEST(Aggregates, NothingHasNoMean) {
  EXPECT_EQ(point_of(0, 0, 0), std::nullopt);
  EXPECT_EQ(point_of(1.5, 2, 3), std::nullopt);
  EXPECT_EQ(point_of(1.5, 3, 3), 0.5);
  EXPECT_EQ(aggregate_of({}, false).mean, std::nullopt);
}

}  // namespace
}  // namespace mer::storage
