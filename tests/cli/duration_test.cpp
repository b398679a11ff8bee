#include "cli/duration.hpp"

#include <gtest/gtest.h>

namespace mer::cli {
namespace {

using namespace std::chrono_literals;

TEST(DurationFromTest, ReadsSecondsMinutesAndHours) {
  EXPECT_EQ(*duration_from("90"), 90s);
  EXPECT_EQ(*duration_from("90s"), 90s);
  EXPECT_EQ(*duration_from("10m"), 10min);
  EXPECT_EQ(*duration_from("2h"), 2h);
  EXPECT_EQ(*duration_from("0"), 0s);
  EXPECT_EQ(*duration_from("8760h"), 8760h);
}

TEST(DurationFromTest, RefusesWhatIsNoLengthOfTimeAndSaysWhatIs) {
  for (const char* text : {"", "s", "ten", "10d", "10 m", "1.5h", "-1", "8761h", "99999999999999999999", "10m30s"}) {
    const auto refused = duration_from(text);

    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_NE(refused.error().message.find("90 or 90s, 10m, 2h"), std::string::npos);
  }
}

}  // namespace
}  // namespace mer::cli
