#include "orchestrator/time_left.hpp"

#include <gtest/gtest.h>

namespace mer::orchestrator {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{100h};

TEST(TimeLeft, WithoutALimitEverythingHasRoom) {
  TimeLeft time;
  time.note_epoch(0, 1000);
  time.begin(kNow);

  EXPECT_TRUE(time.has_room(0, 1000, kNow));
  EXPECT_EQ(time.seconds_left(kNow), std::nullopt);
}

TEST(TimeLeft, WhatEndsWithTheJobHasRoomAndWhatEndsLaterHasNot) {
  TimeLeft time;
  time.set_limit(kNow + 100s, 1h);
  time.note_epoch(0, 10);
  time.begin(kNow);

  EXPECT_TRUE(time.has_room(0, 10, kNow));
  EXPECT_FALSE(time.has_room(0, 11, kNow));
  EXPECT_FALSE(time.has_room(0, 10, kNow + 1s));
  EXPECT_TRUE(time.has_room(1, 1000, kNow)) << "of a shape without a measured epoch";
}

TEST(TimeLeft, WhatAWholeJobIsTooShortForHasRoom) {
  TimeLeft time;
  time.set_limit(kNow + 100s, 1h);
  time.note_epoch(0, 10);
  time.begin(kNow);

  EXPECT_FALSE(time.has_room(0, 360, kNow));
  EXPECT_TRUE(time.has_room(0, 361, kNow));
}

TEST(TimeLeft, AFreshJobLastsAsLongAsItsFirstWorkerFindsIt) {
  TimeLeft time;
  time.set_limit(kNow + 3000s, 1h);
  time.note_epoch(0, 10);
  EXPECT_TRUE(time.has_room(0, 310, kNow)) << "nobody is there yet";
  time.begin(kNow);
  time.begin(kNow + 1000s);

  EXPECT_TRUE(time.has_room(0, 310, kNow)) << "more than 3000 s";
  EXPECT_FALSE(time.has_room(0, 210, kNow + 1000s));
}

TEST(TimeLeft, OneSlowEpochChangesLittle) {
  TimeLeft time;
  for (int epoch = 0; epoch < 5; ++epoch) time.note_epoch(0, 2);

  EXPECT_FALSE(time.note_epoch(0, 500));
  EXPECT_EQ(time.seconds_for(0, 10), 20);
}

TEST(TimeLeft, TheLatestEpochsCount) {
  TimeLeft time;
  for (int epoch = 0; epoch < 100; ++epoch) time.note_epoch(0, 2);
  for (int epoch = 0; epoch < 40; ++epoch) time.note_epoch(0, 4);

  EXPECT_EQ(time.seconds_for(0, 10), 40);
}

TEST(TimeLeft, AnEstimateMovesByMoreThanATwentiethOrNotAtAll) {
  TimeLeft time;
  EXPECT_TRUE(time.note_epoch(0, 100));
  EXPECT_FALSE(time.note_epoch(0, 104));
  EXPECT_EQ(time.seconds_for(0, 1), 100);

  EXPECT_TRUE(time.note_epoch(0, 106) || time.note_epoch(0, 106));
  EXPECT_EQ(time.seconds_for(0, 1), 106);
}

}  // namespace
}  // namespace mer::orchestrator
