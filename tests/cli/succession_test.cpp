#include "cli/succession.hpp"

#include <gtest/gtest.h>

namespace mer::cli {
namespace {

using namespace std::chrono_literals;

constexpr Succession::TimePoint at(std::chrono::milliseconds time) {
  return Succession::TimePoint{} + 1h + time;
}

Standing with(std::int64_t left, std::int64_t epochs) {
  Standing standing;
  standing.left = left;
  standing.epochs = epochs;
  return standing;
}

TEST(SuccessionTest, IsDueWhenNobodyHasHeldTheStoreForTheDelay) {
  Succession succession(5s);

  EXPECT_FALSE(succession.is_due(false, false, at(0s)));
  EXPECT_FALSE(succession.is_due(false, false, at(4999ms)));
  EXPECT_TRUE(succession.is_due(false, false, at(5s)));
}

TEST(SuccessionTest, AHolderBeginsTheDelayAnew) {
  Succession succession(5s);
  succession.is_due(false, false, at(0s));

  EXPECT_FALSE(succession.is_due(true, false, at(4s)));
  EXPECT_FALSE(succession.is_due(false, false, at(6s)));
  EXPECT_FALSE(succession.is_due(false, false, at(10s)));
  EXPECT_TRUE(succession.is_due(false, false, at(11s)));
}

TEST(SuccessionTest, AnOwnCoordinatorThatStillWaitsForTheStoreIsEnough) {
  Succession succession(5s);
  succession.is_due(false, false, at(0s));

  EXPECT_FALSE(succession.is_due(false, true, at(60s)));
  EXPECT_FALSE(succession.is_due(false, false, at(61s)));
  EXPECT_TRUE(succession.is_due(false, false, at(66s)));
}

TEST(SuccessionTest, EachTryHasADelayOfItsOwn) {
  Succession succession(5s);
  succession.is_due(false, false, at(0s));
  ASSERT_TRUE(succession.is_due(false, false, at(5s)));

  EXPECT_FALSE(succession.is_due(false, false, at(6s)));
  EXPECT_FALSE(succession.is_due(false, false, at(10s)));
  EXPECT_TRUE(succession.is_due(false, false, at(11s)));
}

TEST(SuccessionTest, WorkersLeaveWhenTheStoreHasNothingLeftForThem) {
  Succession succession(5s);

  EXPECT_EQ(succession.next(with(0, 400)), Succession::Step::leave);
}

TEST(SuccessionTest, CoordinatorsThatLeadNowhereAreGivenUp) {
  Succession succession(5s);
  for (int start = 0; start < Succession::kMostStarts; ++start) {
    EXPECT_EQ(succession.next(with(6, 40)), Succession::Step::lead) << start;
  }

  EXPECT_EQ(succession.next(with(6, 40)), Succession::Step::wait);
  EXPECT_EQ(succession.next(with(6, 40)), Succession::Step::wait);
}

TEST(SuccessionTest, AnEpochOfAnybodyIsProgress) {
  Succession succession(5s);
  for (int start = 0; start <= Succession::kMostStarts; ++start) succession.next(with(6, 40));
  ASSERT_EQ(succession.next(with(6, 40)), Succession::Step::wait);

  EXPECT_EQ(succession.next(with(6, 41)), Succession::Step::lead);
  EXPECT_EQ(succession.next(with(5, 41)), Succession::Step::lead);
  EXPECT_EQ(succession.next(with(5, 41)), Succession::Step::lead);
}

}  // namespace
}  // namespace mer::cli
