#include "data/import/msp_id.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace mer::data {
namespace {

using testing::ElementsAre;

TEST(MspIdTest, NamesEveryPart) {
  const auto turn = msp_turn("UTD-IMPROV-S07H-M04-S-FM13");

  ASSERT_TRUE(turn);
  EXPECT_EQ(turn->id, "MSP-IMPROV-S07H-M04-S-FM13");
  EXPECT_TRUE(turn->utd_prefix);
  EXPECT_EQ(turn->scene, "S07H");
  EXPECT_EQ(turn->speaker, "M04");
  EXPECT_EQ(turn->session, 4);
  EXPECT_EQ(turn->group, 'S');
  EXPECT_EQ(turn->pair, "FM");
  EXPECT_EQ(turn->number, 13);
  EXPECT_FALSE(turn->leads());
  EXPECT_EQ(turn->dialogue(), "S07H-04-S-FM");
  EXPECT_FALSE(msp_turn("MSP-IMPROV-S07H-M04-S-FM13")->utd_prefix);
  EXPECT_TRUE(msp_turn("MSP-IMPROV-S01A-F02-R-FF01"));
}

TEST(MspIdTest, TurnsOfBothSpeakersInterleaveByNumberTheLeadFirst) {
  std::vector<MspTurn> turns;
  for (const char* const part : {"F01-S-MF02", "M01-S-MF10", "M01-S-MF02", "F01-S-MF01", "M01-S-MF01"}) {
    turns.push_back(*msp_turn(std::string("MSP-IMPROV-S01A-") + part));
  }

  std::ranges::sort(turns, spoken_before);

  std::vector<std::string> order;
  for (const MspTurn& turn : turns) order.push_back(turn.speaker + " " + std::to_string(turn.number));
  EXPECT_THAT(order, ElementsAre("M01 1", "F01 1", "M01 2", "F01 2", "M01 10"));
}

TEST(MspIdTest, OtherNamesAreNone) {
  for (const char* const name :
       {"", "MSP-", "XYZ-IMPROV-S01A-F01-S-FM01", "MSP-IMPROV-S01X-F01-S-FM01", "MSP-IMPROV-S1A-F01-S-FM01",
        "MSP-IMPROV-S01A-X01-S-FM01", "MSP-IMPROV-S01A-F07-S-FM01", "MSP-IMPROV-S01A-F01-Q-FM01",
        "MSP-IMPROV-S01A-F01-S-F01", "MSP-IMPROV-S01A-F01-S-FM", "MSP-IMPROV-S01A-F01-S-FM01.avi",
        "MSP-IMPROV-S01A-F01-S-FM0123456789"}) {
    EXPECT_FALSE(msp_turn(name)) << name;
  }
}

}  // namespace
}  // namespace mer::data
