#include "worker/trainer/stack_size.hpp"

#include <functional>
#include <gtest/gtest.h>

namespace mer::trainer {
namespace {

// Steps of as many trials as are wanted, 100 utterances each, until nothing changes any more; cost(trials): seconds of
// one step an utterance.
int settled(StackSize size, const std::function<double(int)>& cost) {
  for (int step = 0; step < 1000; ++step) {
    const int trials = size.trials();
    size.note(trials, 100 * trials, cost(trials) * 100 * trials);
  }
  return size.trials();
}

TEST(StackSizeTest, GrowsAsLongAsAStepGetsCheaperForEach) {
  EXPECT_EQ(settled(StackSize(0, 32), [](int trials) { return 1 + 1.0 / trials; }),
            16);  // 1.06 to 1.03 pays too little
  EXPECT_EQ(settled(StackSize(0, 32), [](int trials) { return trials <= 4 ? 1.0 / trials : 1; }), 4);
}

TEST(StackSizeTest, StaysAtOneWhereNeighboursCost) {
  EXPECT_EQ(settled(StackSize(0, 32), [](int trials) { return double(trials); }), 1);
  EXPECT_EQ(settled(StackSize(0, 32), [](int) { return 1.0; }), 1);
}

TEST(StackSizeTest, StaysWithinWhatMemoryHolds) {
  EXPECT_EQ(settled(StackSize(0, 6), [](int trials) { return 1.0 / trials; }), 4);
  EXPECT_EQ(settled(StackSize(0, 1), [](int trials) { return 1.0 / trials; }), 1);
  EXPECT_EQ(settled(StackSize(0, 0), [](int trials) { return 1.0 / trials; }), 1);
}

TEST(StackSizeTest, AFixedNumberStays) {
  EXPECT_EQ(settled(StackSize(7, 32), [](int trials) { return double(trials); }), 7);
}

TEST(StackSizeTest, OnlyFullStacksAreMeasured) {
  StackSize size(0, 32);
  while (!size.note(1, 100, 1)) {
  }
  ASSERT_EQ(size.trials(), 2);

  for (int step = 0; step < 1000; ++step) EXPECT_FALSE(size.note(1, 100, 1));
  EXPECT_EQ(size.trials(), 2);
}

TEST(StackSizeTest, AFewSlowStepsDoNotDecide) {
  int step = 0;
  EXPECT_EQ(settled(StackSize(0, 2), [&](int trials) { return ++step % 4 == 0 ? 100.0 : 1.0 / trials; }), 2);
}

}  // namespace
}  // namespace mer::trainer
