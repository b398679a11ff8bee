#include "core/idle_pause.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace mer {
namespace {

TEST(IdlePauseTest, DoublesWhileQuietUpToTheLongest) {
  IdlePause idle;
  std::vector<long> pauses = {idle.pause().count()};
  for (int round = 0; round < 5; ++round) {
    idle.round_ended(false);
    pauses.push_back(idle.pause().count());
  }
  EXPECT_EQ(pauses, (std::vector<long>{1, 2, 4, 8, 10, 10}));
}

TEST(IdlePauseTest, ARoundWithWorkMakesItShortAgain) {
  IdlePause idle;
  for (int round = 0; round < 5; ++round) idle.round_ended(false);

  idle.round_ended(true);

  EXPECT_EQ(idle.pause(), IdlePause::kShortest);
}

}  // namespace
}  // namespace mer
