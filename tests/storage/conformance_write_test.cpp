// What every ResultWriter does with submissions, sessions, claims and reports.
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "tests/storage/conformance.hpp"

namespace mer::storage::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const TrialId kTrial = trial_of(0, 0);

// --- submit ---

TEST_P(StoreConformance, SubmitOfTheSameContentGivesTheSameSweep) {
  const SweepId first = submit();

  const SweepId again = submit();

  EXPECT_EQ(first.number, 1);
  EXPECT_EQ(again, first);
  EXPECT_EQ(reader_.sweeps()->size(), 1U);
}

TEST_P(StoreConformance, SubmitOfChangedContentGivesANewSweep) {
  const SweepId first = submit({.folds = 3});

  const SweepId changed = submit({.folds = 2});

  EXPECT_EQ(changed.number, first.number + 1);
  EXPECT_EQ(submit({.folds = 3}), first);
}

TEST_P(StoreConformance, SubmitRefusesATrialOfAFoldThatIsNotThere) {
  Submission submission = submission_of({});
  submission.trials.back().fold = 3;

  const Result<SweepId> id = writer_.submit(submission);

  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().code, ErrorCode::invalid);
  EXPECT_THAT(*reader_.sweeps(), IsEmpty());
}

TEST_P(StoreConformance, AnotherNumberOfTrialsIsAnotherSweep) {
  Submission fewer = submission_of({});
  fewer.trials.pop_back();
  const SweepId few = writer_.submit(fewer).value();

  const SweepId all = submit();

  EXPECT_NE(all, few);
  EXPECT_EQ(writer_.submit(fewer).value(), few);
  EXPECT_EQ(submit(), all);
}

TEST_P(StoreConformance, ACorpusThatChangedInPlaceMakesANewSweep) {
  const SweepId first = submit();
  Submission changed = submission_of({});  // the same file, other features: every trial has another id
  for (std::size_t i = 0; i < changed.trials.size(); ++i) changed.trials[i].spec.id = {hex_of('9', int(i))};

  const SweepId second = writer_.submit(changed).value();

  EXPECT_EQ(second.number, first.number + 1);
  EXPECT_EQ(writer_.submit(changed).value(), second);
  EXPECT_EQ(submit(), first);
}

TEST_P(StoreConformance, ProgressListsTheTrialsInSubmissionOrder) {
  const Submission submission = submission_of({.seeds = {3, 18446744073709551615ULL}});

  const SweepId id = writer_.submit(submission).value();

  const std::vector<TrialProgress> progress = writer_.progress(id).value();
  ASSERT_EQ(progress.size(), submission.trials.size());
  for (std::size_t i = 0; i < progress.size(); ++i) {
    EXPECT_EQ(progress[i].spec, submission.trials[i].spec) << i;
    EXPECT_EQ(progress[i].state, TrialState::pending);
    EXPECT_EQ(progress[i].attempt, 0);
  }
}

TEST_P(StoreConformance, ProgressOfAnUnknownSweepIsNotFound) {
  EXPECT_EQ(writer_.progress(SweepId{9}).error().code, ErrorCode::not_found);
}

TEST_P(StoreConformance, ATrialThatTwoConfigurationsShareIsOnePieceOfWork) {
  Submission submission = submission_of({.configurations = 2, .folds = 1});
  submission.trials[1].spec.id = submission.trials[0].spec.id;

  const SweepId id = writer_.submit(submission).value();

  EXPECT_EQ(writer_.progress(id)->size(), 1U);
  EXPECT_EQ(reader_.trials(id)->size(), 2U);
  EXPECT_EQ(reader_.sweep(id)->summary.counts.total(), 1);
}

// --- claims and the fence ---

TEST_P(StoreConformance, AClaimStartsAnAttemptAndChargesACrash) {
  const SweepId id = submit();

  EXPECT_THAT(commit({claim(kTrial, 1)}), IsEmpty());

  const TrialProgress trial = writer_.progress(id)->front();
  EXPECT_EQ(trial.state, TrialState::running);
  EXPECT_EQ(trial.attempt, 1);
  EXPECT_EQ(trial.crashes, 1);
}

TEST_P(StoreConformance, TheSameClaimTwiceChangesNothing) {
  const SweepId id = submit();

  EXPECT_THAT(commit({claim(kTrial, 1), claim(kTrial, 1)}), IsEmpty());

  EXPECT_EQ(writer_.progress(id)->front().crashes, 1);
  EXPECT_EQ(detail(kTrial).attempts.size(), 1U);
}

TEST_P(StoreConformance, AClaimThatDoesNotRaiseTheAttemptIsStale) {
  submit();
  commit({claim(kTrial, 3, 1)});

  EXPECT_THAT(commit({claim(kTrial, 3, 2), claim(kTrial, 2, 1), claim(kTrial, 0, 1)}), ElementsAre(0, 1, 2));

  EXPECT_EQ(detail(kTrial).attempts.size(), 1U);
}

TEST_P(StoreConformance, AFinalTrialCannotBeClaimed) {
  submit();
  finish(kTrial, 8);

  EXPECT_THAT(commit({claim(kTrial, 2)}), ElementsAre(0));

  EXPECT_EQ(detail(kTrial).row.state, TrialState::done);
}

TEST_P(StoreConformance, AHigherClaimFencesTheRunningAttempt) {
  submit();
  commit({claim(kTrial, 1)});

  const auto stale = commit({claim(kTrial, 2), recorded(kTrial, 1, epoch_of(1)), recorded(kTrial, 2, epoch_of(1, 9))});

  EXPECT_THAT(stale, ElementsAre(1));
  const TrialDetail trial = detail(kTrial);
  ASSERT_EQ(trial.attempts.size(), 2U);
  EXPECT_EQ(trial.attempts[0].outcome, "lost");
  EXPECT_EQ(trial.attempts[1].outcome, "running");
  EXPECT_EQ(reader_.curve(kTrial, Split::train)->front().losses.total, 9);
}

TEST_P(StoreConformance, StaleWritesAreReportedAndTheRestOfTheBatchIsKept) {
  submit();
  const TrialId unknown{hex_of('b', 1)};

  const auto stale = commit({recorded(kTrial, 1, epoch_of(1)), claim(kTrial, 1), recorded(kTrial, 1, epoch_of(1)),
                             recorded(kTrial, 2, epoch_of(2)), claim(unknown, 1), recorded(kTrial, 1, epoch_of(2))});

  EXPECT_THAT(stale, ElementsAre(0, 3, 4));
  EXPECT_EQ(reader_.curve(kTrial, Split::train)->size(), 2U);
}

TEST_P(StoreConformance, ALateNewRowOfAnEndedAttemptIsStaleAndARepeatIsNot) {
  submit();
  finish(kTrial, 8);
  const TrialId other = trial_of(0, 1);
  commit({claim(other, 1), recorded(other, 1, epoch_of(1)), recorded(other, 1, checkpoint_of(other, 1, 1)),
          recorded(other, 1, AttemptStopped{1})});

  const auto stale = commit({recorded(kTrial, 1, finished_of(8)), recorded(kTrial, 1, AttemptStopped{2}),
                             recorded(kTrial, 1, AttemptStarted{}), recorded(other, 1, epoch_of(1)),
                             recorded(other, 1, checkpoint_of(other, 1, 1)), recorded(other, 1, epoch_of(2))});

  EXPECT_THAT(stale, ElementsAre(1, 2, 5));
  EXPECT_EQ(detail(kTrial).row.state, TrialState::done);
}

// --- reports ---

TEST_P(StoreConformance, TheSameRowTwiceKeepsTheFirst) {
  submit();

  EXPECT_THAT(commit({claim(kTrial, 1), recorded(kTrial, 1, epoch_of(1, 5)), recorded(kTrial, 1, epoch_of(1, 6))}),
              IsEmpty());

  const auto curve = reader_.curve(kTrial, Split::train).value();
  ASSERT_EQ(curve.size(), 1U);
  EXPECT_EQ(curve[0], row_of(Split::train, 1, 5));
}

TEST_P(StoreConformance, ATrialIsDoneWithItsMetricsInOneCommit) {
  const SweepId id = submit();

  commit({claim(kTrial, 1), recorded(kTrial, 1, epoch_of(1)), recorded(kTrial, 1, epoch_of(2)),
          recorded(kTrial, 1, finished_of(8))});

  const TrialDetail trial = detail(kTrial);
  EXPECT_EQ(trial.row.state, TrialState::done);
  EXPECT_EQ(trial.row.epoch, 2);
  EXPECT_EQ(trial.row.crashes, 0);
  EXPECT_EQ(trial.attempts[0].outcome, "finished");
  EXPECT_EQ(trial.attempts[0].ended_at, 201);
  EXPECT_EQ(reader_.sweep(id)->summary.counts.done, 1);
}

TEST_P(StoreConformance, AStopHandsTheTrialBackAndRefundsItsCrash) {
  submit();

  commit({claim(kTrial, 1), recorded(kTrial, 1, AttemptStopped{2})});

  const TrialDetail trial = detail(kTrial);
  EXPECT_EQ(trial.row.state, TrialState::pending);
  EXPECT_EQ(trial.row.crashes, 0);
  EXPECT_EQ(trial.attempts[0].outcome, "stopped");
}

TEST_P(StoreConformance, AFailureIsKeptWithItsReasonAndCharged) {
  submit();
  const Failure failure{Failure::Kind::signal, 9, "killed by signal 9", "last\nlines"};

  commit({claim(kTrial, 1), recorded(kTrial, 1, AttemptFailed{failure})});

  const TrialDetail trial = detail(kTrial);
  EXPECT_EQ(trial.row.state, TrialState::pending);
  EXPECT_EQ(trial.row.crashes, 1);
  EXPECT_EQ(trial.row.message, "killed by signal 9");
  EXPECT_EQ(trial.attempts[0].outcome, "failed");
  EXPECT_EQ(trial.attempts[0].failure, failure);
}

TEST_P(StoreConformance, CrashesThatWereTheirNodesFaultAreGivenBack) {
  const SweepId id = submit();
  const AttemptFailed crash{{Failure::Kind::exit, 1, "", ""}};
  Recorded last = recorded(kTrial, 2, crash);
  last.after_failure = TrialState::failed;
  commit({claim(kTrial, 1), recorded(kTrial, 1, crash), claim(kTrial, 2), last});
  ASSERT_EQ(detail(kTrial).row.state, TrialState::failed);

  EXPECT_THAT(commit({Refunded{kTrial, 2}}), IsEmpty());
  EXPECT_EQ(writer_.progress(id)->front().state, TrialState::pending);
  EXPECT_EQ(writer_.progress(id)->front().crashes, 0);

  EXPECT_THAT(commit({claim(kTrial, 3), Refunded{kTrial, 2}}), IsEmpty());
  EXPECT_EQ(writer_.progress(id)->front().state, TrialState::running);
  EXPECT_EQ(writer_.progress(id)->front().crashes, 1) << "what the running attempt is charged";
}

TEST_P(StoreConformance, WhoHasAResultOrIsUnknownHasNoUseForARefund) {
  submit();
  finish(kTrial, 8);

  EXPECT_THAT(commit({Refunded{kTrial, 1}, Refunded{{"none"}, 1}}), ElementsAre(0, 1));
  EXPECT_EQ(detail(kTrial).row.state, TrialState::done);
}

TEST_P(StoreConformance, AFailureCanBeRefundedOrFinal) {
  submit();
  const TrialId other = trial_of(0, 1);
  Recorded refunded = recorded(kTrial, 1, AttemptFailed{{Failure::Kind::exit, 1, "", ""}});
  refunded.refund = true;
  Recorded final = recorded(other, 1, AttemptFailed{{Failure::Kind::exit, 3, "", ""}});
  final.after_failure = TrialState::failed;

  commit({claim(kTrial, 1), claim(other, 1), refunded, final});

  EXPECT_EQ(detail(kTrial).row.crashes, 0);
  EXPECT_EQ(detail(other).row.state, TrialState::failed);
  EXPECT_EQ(detail(other).row.message, "exit 3");
}

TEST_P(StoreConformance, ADivergedTrialIsFinalAndSaysWhere) {
  submit();

  commit({claim(kTrial, 1), recorded(kTrial, 1, AttemptDiverged{3, 57, "total"})});

  const TrialDetail trial = detail(kTrial);
  EXPECT_EQ(trial.row.state, TrialState::diverged);
  EXPECT_EQ(trial.row.message, "loss total became NaN or infinite in epoch 3, step 57");
  EXPECT_FALSE(trial.row.scores.has_value());
  EXPECT_FALSE(trial.result.has_value());
}

TEST_P(StoreConformance, AnAttemptKeepsWhereAndWithWhatItRan) {
  submit();
  const Environment environment{"node2", "cpu", "0.1.0-abc", "{\"libtorch\":\"2.11.0\"}", 2, 4321};

  commit({claim(kTrial, 1, 5), recorded(kTrial, 1, AttemptStarted{environment, 7, {"1-8.safetensors: bad hash"}})});

  const AttemptRow attempt = detail(kTrial).attempts.at(0);
  EXPECT_EQ(attempt.worker, 5);
  EXPECT_EQ(attempt.host, "node1");
  EXPECT_EQ(attempt.started_at, 101);
  EXPECT_EQ(attempt.environment, environment);
  EXPECT_EQ(attempt.resumed_epoch, 7);
  EXPECT_THAT(attempt.refused_checkpoints, ElementsAre("1-8.safetensors: bad hash"));
}

TEST_P(StoreConformance, AFinishedTrialNeedsNoCheckpoint) {
  const SweepId id = submit();
  commit({claim(kTrial, 1), recorded(kTrial, 1, checkpoint_of(kTrial, 1, 1)), recorded(kTrial, 1, finished_of(2))});

  EXPECT_THAT(writer_.progress(id)->front().checkpoints, IsEmpty());
  EXPECT_THAT(detail(kTrial).checkpoints, IsEmpty());
}

TEST_P(StoreConformance, AReportOfNoTrialIsStale) {
  submit();

  EXPECT_EQ(commit({recorded({"none"}, 1, epoch_of(1))}), std::vector<std::size_t>{0});
}

TEST_P(StoreConformance, TheSameCheckpointTwiceStandsOnce) {
  submit();
  const TrialId trial = trial_of(0, 0);
  commit({claim(trial, 1), recorded(trial, 1, checkpoint_of(trial, 1, 1))});

  EXPECT_TRUE(commit({recorded(trial, 1, checkpoint_of(trial, 1, 1))}).empty());
  EXPECT_EQ(detail(trial).checkpoints.size(), 1U);

  // Once the attempt has ended: a repeat of a row that stands is no news, one of another epoch is stale.
  commit({recorded(trial, 1, AttemptStopped{1})});
  EXPECT_EQ(commit({recorded(trial, 1, checkpoint_of(trial, 1, 1)), recorded(trial, 1, checkpoint_of(trial, 1, 2))}),
            std::vector<std::size_t>{1});
}

TEST_P(StoreConformance, TheLastTwoCheckpointsAreKeptNewestFirst) {
  const SweepId id = submit();
  commit({claim(kTrial, 1)});
  for (const int epoch : {1, 2, 3}) commit({recorded(kTrial, 1, checkpoint_of(kTrial, 1, epoch))});

  commit({recorded(kTrial, 1, AttemptStopped{3}), claim(kTrial, 2), recorded(kTrial, 2, checkpoint_of(kTrial, 2, 1))});

  const auto checkpoints = writer_.progress(id)->front().checkpoints;
  EXPECT_THAT(checkpoints, ElementsAre(checkpoint_of(kTrial, 2, 1).checkpoint, checkpoint_of(kTrial, 1, 3).checkpoint));
  EXPECT_EQ(detail(kTrial).checkpoints, checkpoints);
}

// --- sessions ---

TEST_P(StoreConformance, ASessionHandsRunningTrialsBackAndRefundsThem) {
  const SweepId id = submit();
  const TrialId done = trial_of(0, 1);
  commit({claim(kTrial, 1), claim(done, 1), recorded(done, 1, finished_of(8))});

  ASSERT_TRUE(writer_.begin_session("node1", 42, 500).ok());

  const auto progress = writer_.progress(id).value();
  EXPECT_EQ(progress[0].state, TrialState::pending);
  EXPECT_EQ(progress[0].attempt, 1);
  EXPECT_EQ(progress[0].crashes, 0);
  EXPECT_EQ(progress[1].state, TrialState::done);
  EXPECT_EQ(detail(kTrial).attempts[0].outcome, "lost");
  EXPECT_EQ(detail(kTrial).attempts[0].ended_at, 500);
}

TEST_P(StoreConformance, ASessionLeavesWhatGroupsOfOtherJobsRun) {
  const SweepId id = submit();
  const TrialId own = trial_of(0, 1);
  commit({Claim{kTrial, 1, 4, "node4", 100, "group"}, claim(own, 1)});
  EXPECT_EQ(writer_.progress(id)->at(0).group, "group");

  ASSERT_TRUE(writer_.begin_session("node1", 42, 500).ok());

  const auto progress = writer_.progress(id).value();
  EXPECT_EQ(progress[0].state, TrialState::running);
  EXPECT_EQ(progress[0].group, "group");
  EXPECT_EQ(progress[0].crashes, 1);
  EXPECT_EQ(detail(kTrial).attempts[0].outcome, "running");
  EXPECT_EQ(progress[1].state, TrialState::pending);
  EXPECT_EQ(progress[1].group, "");
  EXPECT_EQ(progress[1].crashes, 0);
  EXPECT_TRUE(commit({recorded(kTrial, 1, epoch_of(1)), recorded(kTrial, 1, finished_of(8))}).empty());
  EXPECT_EQ(writer_.progress(id)->at(0).state, TrialState::done);
  EXPECT_EQ(writer_.progress(id)->at(0).group, "");
}

TEST_P(StoreConformance, AnAttemptOfTheOwnJobAfterAGroupsIsHandedBack) {
  const SweepId id = submit();
  commit({Claim{kTrial, 1, 4, "node4", 100, "group"}, recorded(kTrial, 1, AttemptStopped{}), claim(kTrial, 2)});

  ASSERT_TRUE(writer_.begin_session("node1", 42, 500).ok());

  EXPECT_EQ(writer_.progress(id)->at(0).state, TrialState::pending);
  EXPECT_EQ(detail(kTrial).attempts[1].outcome, "lost");
}

TEST_P(StoreConformance, AReportOfALostAttemptIsStale) {
  submit();
  commit({claim(kTrial, 1)});
  ASSERT_TRUE(writer_.begin_session("node1", 42, 500).ok());

  EXPECT_THAT(commit({recorded(kTrial, 1, epoch_of(1)), recorded(kTrial, 1, finished_of(9))}), ElementsAre(0, 1));

  EXPECT_EQ(detail(kTrial).row.state, TrialState::pending);
}

TEST_P(StoreConformance, ASecondSessionFencesTheFirstWriter) {
  submit();
  ASSERT_TRUE(writer_.begin_session("node1", 42, 500).ok());
  const auto second = store_->second_writer();

  ASSERT_TRUE(second->begin_session("node2", 43, 600).ok());

  const std::vector<StoreWrite> writes = {claim(kTrial, 1)};
  EXPECT_EQ(writer_.commit(writes).error().code, ErrorCode::stale);
  EXPECT_EQ(writer_.beat(700).error().code, ErrorCode::stale);
  EXPECT_EQ(writer_.submit(submission_of({.name = "other"})).error().code, ErrorCode::stale);
  EXPECT_TRUE(second->commit(writes).ok());
  EXPECT_TRUE(second->beat(700).ok());
  EXPECT_EQ(detail(kTrial).row.state, TrialState::running);
}

TEST_P(StoreConformance, EveryCommitRaisesTheDataVersionAndABeatDoesNot) {
  submit();
  const std::int64_t before = reader_.data_version().value();

  ASSERT_TRUE(writer_.beat(5).ok());
  EXPECT_EQ(reader_.data_version().value(), before);

  commit({claim(kTrial, 1)});
  EXPECT_GT(reader_.data_version().value(), before);
}

}  // namespace
}  // namespace mer::storage::test
