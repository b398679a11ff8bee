#include "cli/explanation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace mer::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TrialFacts facts_of(TrialState state) {
  TrialFacts facts;
  facts.detail.row.id.hex = "abcdef0123456789abcdef0123456789";
  facts.detail.row.state = state;
  facts.detail.row.epochs = 10;
  facts.max_attempts = 3;
  storage::SweepSummary sweep;
  sweep.id = SweepId{4};
  sweep.name = "study";
  facts.sweeps.push_back(sweep);
  facts.holder = storage::LockHolder{"node1", 77, 0};
  return facts;
}

// Of a coordinator with two workers.
std::string standing_with(const nlohmann::json& more) {
  nlohmann::json standing = {{"known", true}, {"workers", 2}, {"full", 0}, {"emptied", 0}};
  standing.update(more);
  return standing.dump();
}

TEST(Explanation, AFailedTrialSaysWhyAndHowToTryAgain) {
  TrialFacts facts = facts_of(TrialState::failed);
  facts.detail.row.message = "trainer killed by signal 11";
  facts.detail.row.crashes = 3;

  EXPECT_THAT(reasons_of(facts), ElementsAre("trainer killed by signal 11", "it has crashed 3 times; 3 are allowed",
                                             "`merctl retry abcdef01` tries it again"));
}

TEST(Explanation, ARunningTrialSaysWhoHasIt) {
  TrialFacts facts = facts_of(TrialState::running);
  storage::AttemptRow attempt;
  attempt.attempt = 2;
  attempt.worker = 1;
  attempt.host = "node2";
  facts.detail.attempts.push_back(attempt);
  facts.detail.row.epoch = 7;
  EXPECT_THAT(reasons_of(facts), ElementsAre(HasSubstr("worker 1 on node2 has it, as attempt 2")));
  EXPECT_THAT(reasons_of(facts), ElementsAre(HasSubstr("epoch 7 of 10")));

  facts.standing = R"({"known": true, "absent": true})";
  EXPECT_THAT(reasons_of(facts).back(), HasSubstr("has not joined this one yet"));

  facts.holder.reset();
  EXPECT_THAT(reasons_of(facts).back(), HasSubstr("its run was killed"));
}

TEST(Explanation, AnAttemptThatFailedOnAnExcludedNodeNamesIt) {
  TrialFacts facts = facts_of(TrialState::cancelled);
  facts.excluded = {{"n2", 0, "a person has excluded it"}, {"n3", 0, "3 trials in a row failed there"}};
  EXPECT_EQ(reasons_of(facts).size(), 2U);
  storage::AttemptRow attempt;
  attempt.host = "n3";
  attempt.outcome = "failed";
  facts.detail.attempts.push_back(attempt);

  EXPECT_EQ(reasons_of(facts).size(), 3U);
  EXPECT_THAT(reasons_of(facts).back(), HasSubstr("node n3 is excluded: 3 trials in a row failed there"));
}

TEST(Explanation, NobodyWorksOnTheStore) {
  TrialFacts facts = facts_of(TrialState::pending);
  facts.holder.reset();
  EXPECT_THAT(reasons_of(facts), ElementsAre(HasSubstr("nobody works on this store")));
}

TEST(Explanation, APausedSweepIsTheReasonUnlessAnotherOneIsActive) {
  TrialFacts facts = facts_of(TrialState::pending);
  facts.standing = standing_with(nlohmann::json::object());
  facts.sweeps[0].activity = storage::SweepActivity::paused;
  EXPECT_THAT(reasons_of(facts), ElementsAre("sweep 4 (study) is paused; `merctl resume study` goes on"));

  facts.sweeps.emplace_back();
  EXPECT_THAT(reasons_of(facts), ElementsAre("a worker gets it next"));
}

TEST(Explanation, WhatGoesFirstIsCounted) {
  TrialFacts facts = facts_of(TrialState::pending);
  facts.standing = standing_with({{"before_it", 1}, {"of_higher_priority", 20}, {"full", 2}});
  EXPECT_THAT(reasons_of(facts), ElementsAre("20 trials of sweeps with a higher priority go first",
                                             "1 trial of its sweep go first", "all 2 workers are full"));
}

TEST(Explanation, ABackOffSaysHowLong) {
  TrialFacts facts = facts_of(TrialState::pending);
  facts.detail.row.crashes = 2;
  facts.standing = standing_with({{"backoff_s", 11.2}});
  EXPECT_THAT(reasons_of(facts), ElementsAre("it is tried again in 12 s, after crash 2 of 3"));
}

TEST(Explanation, AJobThatEndsTooSoonIsTheReason) {
  TrialFacts facts = facts_of(TrialState::pending);
  facts.standing = standing_with({{"needs_s", 1500.0}, {"job_ends_in_s", 600.0}, {"before_it", 3}});

  EXPECT_THAT(reasons_of(facts),
              ElementsAre("it needs about 25 min more, and this job ends in 10 min: the next one has time for it"));
}

TEST(Explanation, AGangOfAnotherSizeIsTheReason) {
  TrialFacts facts = facts_of(TrialState::pending);
  facts.gang = 2;
  facts.standing = R"({"known": false})";
  EXPECT_THAT(reasons_of(facts), ElementsAre(HasSubstr("gangs of another size than 2")));
}

TEST(Explanation, AHolderThatDoesNotAnswerIsNamed) {
  EXPECT_THAT(reasons_of(facts_of(TrialState::pending)), ElementsAre(HasSubstr("process 77 on node1")));
}

}  // namespace
}  // namespace mer::cli
