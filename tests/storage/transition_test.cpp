// The rule book of the stores, case by case.
#include "storage/transition.hpp"

#include <gtest/gtest.h>
#include <string>

#include "storage/control.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

TEST(Transition, ASubmissionNamesOnlyWhatItHas) {
  const auto code_of = [](auto change) {
    Submission submission = submission_of({});
    change(submission);
    const Status checked = check_submission(submission);
    return checked ? std::string("ok") : std::string(name_of(checked.error().code));
  };

  EXPECT_EQ(code_of([](Submission&) {}), "ok");
  EXPECT_EQ(code_of([](Submission& s) { s.test_parts.clear(); }), "ok");
  EXPECT_EQ(code_of([](Submission& s) { s.test_parts.pop_back(); }), "invalid");
  EXPECT_EQ(code_of([](Submission& s) { s.trials[1].configuration = -1; }), "invalid");
  EXPECT_EQ(code_of([](Submission& s) { s.trials[1].configuration = 2; }), "invalid");
  EXPECT_EQ(code_of([](Submission& s) { s.trials[1].fold = -1; }), "invalid");
  EXPECT_EQ(code_of([](Submission& s) { s.trials[1].fold = 3; }), "invalid");
}

TEST(Transition, AClaimRaisesTheAttemptOfATrialThatHasNotEnded) {
  const auto judged = [](TrialState state, int attempt, int claimed, int worker) {
    return judge(TrialFacts{state, attempt, 0, Outcome::running, 1}, claim({"t"}, claimed, worker));
  };

  EXPECT_EQ(judged(TrialState::pending, 0, 1, 1), Verdict::apply);
  EXPECT_EQ(judged(TrialState::running, 1, 2, 1), Verdict::apply);
  EXPECT_EQ(judged(TrialState::running, 2, 2, 1), Verdict::repeat);
  EXPECT_EQ(judged(TrialState::running, 2, 2, 7), Verdict::stale);
  EXPECT_EQ(judged(TrialState::running, 2, 1, 1), Verdict::stale);
  EXPECT_EQ(judged(TrialState::pending, 0, 0, 1), Verdict::stale);
  EXPECT_EQ(judged(TrialState::pending, -1, 0, 1), Verdict::stale);
  EXPECT_EQ(judged(TrialState::done, 1, 2, 1), Verdict::stale);
}

TEST(Transition, AReportIsOfTheCurrentAttempt) {
  const auto judged = [](int attempt, int reported, Outcome outcome) {
    return judge(TrialFacts{TrialState::running, attempt, 0, outcome, 1}, recorded({"t"}, reported, AttemptStopped{1}));
  };

  EXPECT_EQ(judged(2, 2, Outcome::running), Verdict::apply);
  EXPECT_EQ(judged(2, 2, Outcome::stopped), Verdict::repeat);
  EXPECT_EQ(judged(2, 1, Outcome::running), Verdict::stale);
  EXPECT_EQ(judged(0, 0, Outcome::lost), Verdict::stale);
}

TEST(Transition, AFailureWithoutAMessageSaysWhatItWas) {
  const auto message = [](const Failure& failure) {
    return end_of({}, recorded({"t"}, 1, AttemptFailed{failure, 1}))->message;
  };

  EXPECT_EQ(message({Failure::Kind::exit, 3, "", ""}), "exit 3");
  EXPECT_EQ(message({Failure::Kind::exit, 3, "two\nlines", ""}), "two lines");
}

TEST(Transition, EveryOutcomeHasAName) {
  for (const Outcome outcome :
       {Outcome::running, Outcome::finished, Outcome::diverged, Outcome::stopped, Outcome::failed, Outcome::lost}) {
    EXPECT_EQ(outcome_from(name_of(outcome)), outcome);
  }
  EXPECT_EQ(outcome_from("odd"), std::nullopt);
}

TEST(Transition, WhatRetryChanges) {
  EXPECT_TRUE(changes(ControlVerb::retry, TrialState::failed, false));
  EXPECT_TRUE(changes(ControlVerb::retry, TrialState::cancelled, false));
  EXPECT_TRUE(changes(ControlVerb::retry, TrialState::diverged, true));
  EXPECT_FALSE(changes(ControlVerb::retry, TrialState::diverged, false));
  EXPECT_FALSE(changes(ControlVerb::retry, TrialState::done, true));
  EXPECT_FALSE(changes(ControlVerb::retry_failed, TrialState::cancelled, true));
  EXPECT_FALSE(changes(ControlVerb::pause, TrialState::running, true));
}

}  // namespace
}  // namespace mer::storage::test
