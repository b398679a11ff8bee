#include "worker/cores.hpp"

#include <gtest/gtest.h>

namespace mer::worker {
namespace {

TEST(CoresTest, WorkersShareTheCoresWithoutOverlap) {
  EXPECT_EQ(share_of_cores({0, 1, 4, 5, 6}, 0, 2), (std::vector<int>{0, 1}));
  EXPECT_EQ(share_of_cores({0, 1, 4, 5, 6}, 1, 2), (std::vector<int>{4, 5, 6}));
}

TEST(CoresTest, OneWorkerGetsAll) {
  EXPECT_EQ(share_of_cores({2, 3}, 0, 1), (std::vector<int>{2, 3}));
}

TEST(CoresTest, MoreWorkersThanCoresTakeTurns) {
  EXPECT_EQ(share_of_cores({3, 7}, 0, 5), std::vector<int>{3});
  EXPECT_EQ(share_of_cores({3, 7}, 3, 5), std::vector<int>{7});
  EXPECT_EQ(share_of_cores({3, 7}, 4, 5), std::vector<int>{3});
}

TEST(CoresTest, ThisProcessMayUseSomeCore) {
  EXPECT_FALSE(allowed_cores().empty());
}

}  // namespace
}  // namespace mer::worker
