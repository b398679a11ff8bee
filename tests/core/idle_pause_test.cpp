#include "core/idle_pause.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace mer {
namespace {

TEST(IdlePauseTest, IsTheShortestWhileAnAnswerMayCome) {
  IdlePause idle;
  idle.round_ended(true);
  for (int round = 1; round < IdlePause::kEagerRounds; ++round) {
    idle.round_ended(false);
    EXPECT_EQ(idle.pause(), IdlePause::kShortest);
  }
}

TEST(IdlePauseTest, ThenDoublesWhileQuietUpToTheLongest) {
  IdlePause idle;
  for (int round = 1; round < IdlePause::kEagerRounds; ++round) idle.round_ended(false);
  std::vector<long> pauses;
  for (int round = 0; round < 5; ++round) {
    idle.round_ended(false);
    pauses.push_back(idle.pause().count());
  }
  EXPECT_EQ(pauses, (std::vector<long>{2, 4, 8, 10, 10}));
}

TEST(IdlePauseTest, ARoundWithWorkMakesItShortAgain) {
  IdlePause idle;
  for (int round = 0; round < 2 * IdlePause::kEagerRounds; ++round) idle.round_ended(false);
  ASSERT_EQ(idle.pause(), IdlePause::kLongest);

  idle.round_ended(true);

  EXPECT_EQ(idle.pause(), IdlePause::kShortest);
}

}  // namespace
}  // namespace mer
