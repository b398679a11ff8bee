// That the simulation is deterministic, that it reaches what it is meant to reach, and that its checker can fail.
#include <gtest/gtest.h>
#include <string>

#include "tests/simulation/world.hpp"

namespace mer::simulation {
namespace {

class SimulationTest : public ::testing::Test {
 protected:
  SimulationTest() { silence_logs(); }

  // Within some seeds.
  static void expect_found(Mutation mutation, const std::string& sentence) {
    std::string instead;
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
      const auto breach = simulate(seed, false, mutation).breach;
      if (breach && breach->find(sentence) != std::string::npos) return;
      if (breach) instead = *breach;
    }
    FAIL() << "not found; found instead: " << instead;
  }
};

TEST_F(SimulationTest, TheFirstSeedsHold) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Outcome outcome = simulate(seed);
    EXPECT_EQ(outcome.breach, std::nullopt) << "simulate --seed " << seed << " --trace";
  }
}

TEST_F(SimulationTest, ASeedHasOneTrace) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Outcome first = simulate(seed, true);
    EXPECT_EQ(first.trace, simulate(seed, true).trace) << "seed " << seed;
    EXPECT_GT(first.trace.size(), 500U);
  }
}

TEST_F(SimulationTest, AResultThatIsCommittedTwiceIsFound) {
  expect_found(Mutation::counts_twice, "is counted a second time");
}

TEST_F(SimulationTest, AResultThatIsLostIsFound) {
  expect_found(Mutation::forgets_results, "was acknowledged as done");
}

TEST_F(SimulationTest, ACheckpointThatIsLostIsFound) {
  expect_found(Mutation::forgets_checkpoints, "other checkpoints in the store");
}

TEST_F(SimulationTest, AWriterThatIsNotFencedIsFound) {
  expect_found(Mutation::no_fence, "has taken over");
}

TEST_F(SimulationTest, ABrokenLimitOfAttemptsIsFound) {
  expect_found(Mutation::one_attempt_too_many, "has used up its attempts");
}

TEST_F(SimulationTest, AWrongOrderIsFound) {
  expect_found(Mutation::last_first, "which comes first");
}

TEST_F(SimulationTest, AnAssignmentBeforeItsClaimIsFound) {
  expect_found(Mutation::sends_first, "is sent before its claim is durable");
}

TEST_F(SimulationTest, ATrialThatNeverEndsIsFound) {
  expect_found(Mutation::swallows_ends, "the sweeps do not end");
}

TEST_F(SimulationTest, ControlThatIsAcknowledgedAndForgottenIsFound) {
  expect_found(Mutation::forgets_control, "was acknowledged");
}

TEST_F(SimulationTest, ACancelledTrialThatTheCoordinatorGivesOutIsFound) {
  expect_found(Mutation::hides_cancels, "the store refuses what the newest session writes");
}

TEST_F(SimulationTest, APausedSweepThatRunsOnIsFound) {
  expect_found(Mutation::ignores_pauses, "though no active sweep wants it");
}

TEST_F(SimulationTest, APriorityThatIsIgnoredIsFound) {
  expect_found(Mutation::ignores_priority, "which has the higher priority");
}

TEST_F(SimulationTest, AnUnfairShareIsFound) {
  expect_found(Mutation::favours_the_first, "whose sweep has a smaller share of the workers");
}

TEST_F(SimulationTest, AResultThatAFreshSweepMustNotTakeIsFound) {
  expect_found(Mutation::ignores_fresh, "a new sweep gets the number of another one");
}

TEST_F(SimulationTest, AResultThatIsOverwrittenByALaterSweepIsFound) {
  expect_found(Mutation::overwrites_results, "has another's result");
}

TEST_F(SimulationTest, TwoAttemptsBesideEachOtherAreFound) {
  expect_found(Mutation::says_stopped, "is trained beside attempt");
}

TEST_F(SimulationTest, ATrialThatIsBegunTooLateIsFound) {
  expect_found(Mutation::ignores_limit, "though it would not end before its job does");
}

TEST_F(SimulationTest, WhatAGroupStillTrainsAndACoordinatorForgetsIsFound) {
  expect_found(Mutation::forgets_held, "is tried elsewhere though its group, which has come back, has trained it");
}

TEST_F(SimulationTest, CrashesThatStayChargedThoughTheNodeIsToBlameAreFound) {
  expect_found(Mutation::forgets_refunds, "times, the store says");
}

TEST_F(SimulationTest, ATrialThatIsGivenToAnExcludedNodeIsFound) {
  expect_found(Mutation::ignores_exclusion, "whose node is excluded");
}

TEST_F(SimulationTest, WhatIsConfirmedBeforeItIsDurableIsFound) {
  expect_found(Mutation::confirms_early, "is tried elsewhere though its group, which has come back, has trained it");
}

TEST_F(SimulationTest, AnAttemptThatRunsTwiceIsFound) {
  expect_found(Mutation::runs_twice, "is trained twice");
}

}  // namespace
}  // namespace mer::simulation
