#include "cli/cost.hpp"

#include <gtest/gtest.h>

namespace mer::cli {
namespace {

TEST(SecondsPerEpochTest, TrialsThatTrainedTogetherShareTheirWorkersTime) {
  EXPECT_DOUBLE_EQ(*seconds_per_epoch({{"n1 1", 0, 100, 10}, {"n1 1", 0, 100, 10}}), 5);
}

TEST(SecondsPerEpochTest, AWorkersPausesDoNotCountAndWorkersAddUp) {
  EXPECT_DOUBLE_EQ(
      *seconds_per_epoch({{"n1 1", 500, 600, 10}, {"n1 1", 0, 100, 10}, {"n1 2", 50, 150, 10}, {"n1 1", 90, 100, 10}}),
      300.0 / 40);
}

TEST(SecondsPerEpochTest, NothingMeasuredIsNoEstimate) {
  EXPECT_FALSE(seconds_per_epoch({}));
  EXPECT_FALSE(seconds_per_epoch({{"n1 1", 10, 20, 0}}));
  EXPECT_FALSE(seconds_per_epoch({{"n1 1", 10, 10, 3}}));
}

TEST(CostTextTest, SaysHoursOfWhatItWasMeasuredOn) {
  Cost cost{.trials = 1200, .epochs = 180'000, .seconds_per_epoch = 0.02, .device = "NVIDIA H200"};
  EXPECT_EQ(cost_text(cost), "1,200 trials, 180,000 epochs; about 1 GPU hours by what such trials took on NVIDIA H200");
  cost.device = "cpu";
  cost.reused = 12;
  EXPECT_EQ(cost_text(cost),
            "1,200 trials, 180,000 epochs (12 more have their results in the store); about 1 core "
            "hours by what such trials took");
}

TEST(CostTextTest, SaysThatItDoesNotKnow) {
  EXPECT_NE(cost_text({.trials = 12, .epochs = 24}).find("no time can be told"), std::string::npos);
}

}  // namespace
}  // namespace mer::cli
