#include "orchestrator/rate_meter.hpp"

#include <gtest/gtest.h>

namespace mer::orchestrator {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{100h};

TEST(RateMeter, SaysNothingUntilItHasSeenSomeTime) {
  RateMeter meter;
  EXPECT_EQ(meter.per_minute(kNow), std::nullopt);
  meter.note(kNow);
  EXPECT_EQ(meter.per_minute(kNow + 4s), std::nullopt);
  EXPECT_DOUBLE_EQ(meter.per_minute(kNow + 5s).value(), 12);
}

TEST(RateMeter, ForgetsWhatIsOlderThanAMinute) {
  RateMeter meter;
  for (int i = 0; i < 100; ++i) meter.note(kNow);
  for (int second = 0; second < 120; second += 2) meter.note(kNow + std::chrono::seconds(second));

  EXPECT_NEAR(meter.per_minute(kNow + 120s).value(), 30, 3);
  EXPECT_EQ(meter.per_minute(kNow + 1h).value(), 0);
}

}  // namespace
}  // namespace mer::orchestrator
