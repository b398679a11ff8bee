// What people ask of a store: cancel, pause, resume, retry, priority; and trials that sweeps share.
#include "tests/storage/conformance.hpp"

namespace mer::storage::test {
namespace {

const TrialId kTrial = trial_of(0, 0);
const TrialId kOther = trial_of(0, 1);

class StoreControl : public StoreConformance {
 protected:
  // How many trials changed.
  std::size_t control(const Control& control) {
    const Result<Controlled> controlled = writer_.control(control);
    EXPECT_TRUE(controlled.ok()) << (controlled ? "" : controlled.error().message);
    return controlled ? controlled->trials.size() : 0;
  }
  std::size_t control_sweep(ControlVerb verb, SweepId sweep) {
    return control({.verb = verb, .sweep = sweep, .at = 50});
  }
  std::size_t control_trial(ControlVerb verb, const TrialId& trial) {
    return control({.verb = verb, .trials = {trial}, .at = 50});
  }
  ErrorCode refusal(const Control& control) { return writer_.control(control).error().code; }

  TrialState state(const TrialId& trial) { return detail(trial).row.state; }
  SweepSummary summary(SweepId sweep) { return reader_.sweep(sweep).value().summary; }

  void fail(const TrialId& trial) {
    Recorded failure = recorded(trial, 1, AttemptFailed{});
    failure.after_failure = TrialState::failed;
    EXPECT_TRUE(commit({claim(trial, 1), failure}).empty());
  }
  void finish_by(const std::string& code, const TrialId& trial, int attempt = 1) {
    AttemptStarted started;
    started.environment.code_version = code;
    EXPECT_TRUE(
        commit({claim(trial, attempt), recorded(trial, attempt, started), recorded(trial, attempt, finished_of(8))})
            .empty());
  }
  SweepId submit_as(const std::string& name, const std::string& code = "0.1.0-test", bool fresh = false) {
    Submission submission = submission_of({.name = name});
    submission.code_version = code;
    submission.fresh = fresh;
    return writer_.submit(submission).value();
  }
};

TEST_P(StoreControl, FailedTrialsCanBeTriedAgain) {
  const SweepId id = submit();
  fail(kTrial);
  finish(kOther, 8);

  EXPECT_EQ(control_sweep(ControlVerb::retry_failed, id), 1U);

  const TrialProgress trial = writer_.progress(id)->front();
  EXPECT_EQ(trial.state, TrialState::pending);
  EXPECT_EQ(trial.crashes, 0);
  EXPECT_EQ(trial.attempt, 1) << "attempt numbers are never used twice";
  EXPECT_EQ(detail(kTrial).row.message, "");
  EXPECT_EQ(state(kOther), TrialState::done);
  EXPECT_EQ(control_sweep(ControlVerb::retry_failed, id), 0U);
}

TEST_P(StoreControl, ACancelledTrialEndsAsStoppedAndUncharged) {
  const SweepId id = submit();
  commit({claim(kTrial, 1)});

  EXPECT_EQ(control_trial(ControlVerb::cancel, kTrial), 1U);
  EXPECT_EQ(control_trial(ControlVerb::cancel, kTrial), 0U) << "idempotent";

  const TrialDetail trial = detail(kTrial);
  EXPECT_EQ(trial.row.state, TrialState::cancelled);
  EXPECT_EQ(trial.row.crashes, 0);
  EXPECT_EQ(trial.row.message, "cancelled");
  EXPECT_EQ(trial.attempts.front().outcome, "stopped");
  EXPECT_EQ(trial.attempts.front().ended_at, 50);
  EXPECT_EQ(summary(id).counts.cancelled, 1);
}

TEST_P(StoreControl, ReportsOfACancelledAttemptAreRefused) {
  submit();
  commit({claim(kTrial, 1)});
  control_trial(ControlVerb::cancel, kTrial);

  const auto stale = commit({recorded(kTrial, 1, epoch_of(1)), recorded(kTrial, 1, finished_of(8)), claim(kTrial, 2)});

  EXPECT_EQ(stale, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(state(kTrial), TrialState::cancelled);
  EXPECT_FALSE(detail(kTrial).result);
}

TEST_P(StoreControl, ACancelledTrialKeepsItsCheckpointsForARetry) {
  const SweepId id = submit();
  commit({claim(kTrial, 1), recorded(kTrial, 1, epoch_of(1)), recorded(kTrial, 1, checkpoint_of(kTrial, 1, 1))});
  control_trial(ControlVerb::cancel, kTrial);

  EXPECT_EQ(control_trial(ControlVerb::retry, kTrial), 1U);

  EXPECT_EQ(writer_.progress(id)->front().checkpoints.size(), 1U);
  EXPECT_TRUE(commit({claim(kTrial, 2)}).empty());
}

TEST_P(StoreControl, CancellingASweepSparesWhatHasEnded) {
  const SweepId id = submit();
  finish(kTrial, 8);
  commit({claim(kOther, 1)});

  EXPECT_EQ(control_sweep(ControlVerb::cancel, id), 5U);

  EXPECT_EQ(summary(id).activity, SweepActivity::cancelled);
  EXPECT_EQ(summary(id).counts, (StateCounts{.done = 1, .cancelled = 5}));
  EXPECT_EQ(control_sweep(ControlVerb::cancel, id), 0U);
}

TEST_P(StoreControl, CancellingASweepSparesTrialsThatAnotherOneWants) {
  const SweepId first = submit_as("first");
  const SweepId second = submit_as("second");

  EXPECT_EQ(control_sweep(ControlVerb::cancel, first), 0U);
  EXPECT_EQ(summary(first).activity, SweepActivity::cancelled);
  EXPECT_EQ(control_sweep(ControlVerb::cancel, second), 6U) << "now nobody wants them";
}

TEST_P(StoreControl, RetryOfASweepBringsBackCancelledAndFailedTrials) {
  const SweepId id = submit();
  fail(kTrial);
  control_sweep(ControlVerb::cancel, id);

  EXPECT_EQ(control_sweep(ControlVerb::retry, id), 6U);

  EXPECT_EQ(summary(id).counts, (StateCounts{.pending = 6}));
  EXPECT_EQ(summary(id).activity, SweepActivity::active);
}

TEST_P(StoreControl, RetryOfFailedTrialsRunsThemOfACancelledSweepToo) {
  const SweepId id = submit();
  fail(kTrial);
  control_sweep(ControlVerb::cancel, id);

  EXPECT_EQ(control_sweep(ControlVerb::retry_failed, id), 1U);

  EXPECT_EQ(summary(id).counts, (StateCounts{.pending = 1, .cancelled = 5})) << "cancelled ones stay so";
  EXPECT_EQ(summary(id).activity, SweepActivity::active) << "else nobody would run it";
  EXPECT_EQ(control_sweep(ControlVerb::retry_failed, id), 0U);
}

TEST_P(StoreControl, RetryOfAPausedSweepLeavesItPaused) {
  const SweepId id = submit();
  fail(kTrial);
  control_sweep(ControlVerb::pause, id);

  EXPECT_EQ(control_sweep(ControlVerb::retry_failed, id), 1U);

  EXPECT_EQ(summary(id).activity, SweepActivity::paused);
}

TEST_P(StoreControl, AFailedTrialThatIsNamedRevivesItsSweepHoweverItIsRetried) {
  const SweepId id = submit();
  fail(kTrial);
  control_sweep(ControlVerb::cancel, id);

  const auto controlled = writer_.control({.verb = ControlVerb::retry_failed, .trials = {kTrial}});

  EXPECT_EQ(controlled->revived, std::vector<SweepId>{id});
  EXPECT_EQ(summary(id).activity, SweepActivity::active);
}

TEST_P(StoreControl, ADivergedTrialRunsAgainOnlyWhenItIsNamed) {
  const SweepId id = submit();
  commit({claim(kTrial, 1), recorded(kTrial, 1, AttemptDiverged{1, 2, "total"})});

  EXPECT_EQ(control_sweep(ControlVerb::retry, id), 0U);
  EXPECT_EQ(control_trial(ControlVerb::retry, kTrial), 1U);
  EXPECT_EQ(state(kTrial), TrialState::pending);
}

TEST_P(StoreControl, ATrialThatIsNamedRevivesTheSweepThatNoOtherOneStandsInFor) {
  const SweepId first = submit_as("first");
  const SweepId second = submit_as("second");
  control_sweep(ControlVerb::cancel, first);
  control_trial(ControlVerb::cancel, kTrial);

  EXPECT_EQ(writer_.control({.verb = ControlVerb::retry, .trials = {kTrial}})->revived, std::vector<SweepId>());
  EXPECT_EQ(summary(first).activity, SweepActivity::cancelled) << "the other one runs it";
  control_sweep(ControlVerb::cancel, second);
  const auto controlled = writer_.control({.verb = ControlVerb::retry, .trials = {kTrial}});

  EXPECT_EQ(controlled->revived, (std::vector<SweepId>{first, second}));
  EXPECT_EQ(controlled->sweeps, (std::vector<SweepId>{first, second}));
  EXPECT_EQ(summary(first).activity, SweepActivity::active);
  EXPECT_EQ(summary(first).counts, (StateCounts{.pending = 1, .cancelled = 5}));
}

TEST_P(StoreControl, ASweepIsPausedAndResumed) {
  const SweepId id = submit();
  EXPECT_EQ(summary(id).activity, SweepActivity::active);

  control_sweep(ControlVerb::pause, id);
  EXPECT_EQ(summary(id).activity, SweepActivity::paused);
  EXPECT_EQ(reader_.sweeps()->front().activity, SweepActivity::paused);
  control_sweep(ControlVerb::resume, id);
  EXPECT_EQ(summary(id).activity, SweepActivity::active);
  control_sweep(ControlVerb::pause, id);
  EXPECT_EQ(submit(), id);
  EXPECT_EQ(summary(id).activity, SweepActivity::active) << "submitted again";
}

TEST_P(StoreControl, ASweepThatIsSubmittedAgainFindsItsCorpusWhereItIsNow) {
  const SweepId id = submit();
  Submission moved = submission_of({});
  moved.corpora[0].path = "/elsewhere";

  EXPECT_EQ(writer_.submit(moved).value(), id);

  EXPECT_EQ(reader_.sweep(id)->corpora[0].path, "/elsewhere");
}

TEST_P(StoreControl, ACancelledSweepIsNeitherPausedNorResumed) {
  const SweepId id = submit();
  control_sweep(ControlVerb::cancel, id);

  control_sweep(ControlVerb::pause, id);
  EXPECT_EQ(summary(id).activity, SweepActivity::cancelled);
  control_sweep(ControlVerb::resume, id);
  EXPECT_EQ(summary(id).activity, SweepActivity::cancelled);
}

TEST_P(StoreControl, PriorityIsKept) {
  Submission submission = submission_of({});
  submission.priority = 2;
  const SweepId id = writer_.submit(submission).value();
  EXPECT_EQ(summary(id).priority, 2);

  control({.verb = ControlVerb::priority, .sweep = id, .priority = -7});

  EXPECT_EQ(summary(id).priority, -7);
}

TEST_P(StoreControl, WhatIsNotThereIsNamedAndNothingChanges) {
  submit();

  EXPECT_EQ(refusal({.verb = ControlVerb::pause, .sweep = SweepId{9}}), ErrorCode::not_found);
  EXPECT_EQ(refusal({.verb = ControlVerb::cancel, .trials = {kTrial, {hex_of('0', 1)}}}), ErrorCode::not_found);
  EXPECT_EQ(state(kTrial), TrialState::pending);
  EXPECT_EQ(refusal({.verb = ControlVerb::pause, .trials = {kTrial}}), ErrorCode::invalid);
  EXPECT_EQ(refusal({.verb = ControlVerb::cancel}), ErrorCode::invalid);
}

TEST_P(StoreControl, AWriterThatWasTakenOverControlsNothing) {
  const SweepId id = submit();
  const auto second = store_->second_writer();
  ASSERT_TRUE(second->begin_session("host", 2, 1).ok());

  EXPECT_EQ(refusal({.verb = ControlVerb::cancel, .sweep = id}), ErrorCode::stale);
}

// --- trials of several sweeps ---

TEST_P(StoreControl, AResultOfTheSameCodeIsReused) {
  submit_as("first");
  finish_by("0.1.0-test", kTrial);
  EXPECT_EQ(reader_.count_reusable(submission_of({.name = "second"})).value(), 1);

  const SweepId second = submit_as("second");

  EXPECT_EQ(summary(second).reused, 1);
  EXPECT_EQ(summary(second).counts, (StateCounts{.pending = 5, .done = 1}));
  EXPECT_TRUE(reader_.trials(second)->front().reused);
  EXPECT_FALSE(reader_.trials(second)->back().reused);
  EXPECT_EQ(detail(kTrial).sweeps.size(), 2U);
}

TEST_P(StoreControl, AResultOfOtherCodeStaysWithItsSweep) {
  const SweepId first = submit_as("first");
  finish_by("0.0.9", kTrial);

  const SweepId second = submit_as("second");

  EXPECT_EQ(summary(second).reused, 0);
  EXPECT_EQ(summary(first).counts.done, 1);
  EXPECT_EQ(summary(second).counts.done, 0);
  const TrialId old{kTrial.hex + ".1"};
  EXPECT_EQ(reader_.trials(first)->front().id, old);
  EXPECT_EQ(reader_.trials(second)->front().id, kTrial);
  EXPECT_EQ(reader_.find_trial(kTrial.hex).value(), kTrial);
  EXPECT_EQ(reader_.find_trial(old.hex).value(), old);
  EXPECT_TRUE(reader_.trial(old)->result);
  EXPECT_EQ(submit_as("first", "0.0.9"), first) << "still the same sweep";
}

TEST_P(StoreControl, AttemptNumbersGoOnWhenATrialIsRunAnew) {
  submit_as("first");
  finish_by("0.0.9", kTrial);
  submit_as("second");

  EXPECT_EQ(commit({claim(kTrial, 1)}), std::vector<std::size_t>{0});
  finish_by("0.1.0-test", kTrial, 2);
  EXPECT_EQ(detail(kTrial).attempts.size(), 1U);
}

TEST_P(StoreControl, AFreshSubmissionTakesNoResult) {
  const SweepId first = submit_as("study");
  finish_by("0.1.0-test", kTrial);

  const SweepId second = submit_as("study", "0.1.0-test", true);
  finish_by("0.1.0-test", kTrial, 2);
  const SweepId third = submit_as("study", "0.1.0-test", true);

  EXPECT_NE(second, first);
  EXPECT_EQ(summary(third).counts, (StateCounts{.pending = 6}));
  EXPECT_EQ(reader_.trials(first)->front().id.hex, kTrial.hex + ".1");
  EXPECT_EQ(reader_.trials(second)->front().id.hex, kTrial.hex + ".2");
}

TEST_P(StoreControl, AFailedOrCancelledTrialIsRunAnewByAnotherSweep) {
  const SweepId first = submit_as("first");
  fail(kTrial);
  control_trial(ControlVerb::cancel, kOther);

  const SweepId second = submit_as("second");

  EXPECT_EQ(summary(first).counts, (StateCounts{.pending = 4, .failed = 1, .cancelled = 1}));
  EXPECT_EQ(summary(second).counts, (StateCounts{.pending = 6}));
  EXPECT_EQ(control_sweep(ControlVerb::retry, first), 0U) << "superseded";
  EXPECT_EQ(refusal({.verb = ControlVerb::retry, .trials = {{kTrial.hex + ".1"}}}), ErrorCode::invalid);
}

TEST_P(StoreControl, ARunningTrialIsShared) {
  submit_as("first");
  commit({claim(kTrial, 1)});

  const SweepId second = submit_as("second", "0.1.0-test", true);

  EXPECT_EQ(summary(second).counts, (StateCounts{.pending = 5, .running = 1}));
  EXPECT_EQ(summary(second).reused, 0);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreControl, testing::Values("Memory", "Sqlite", "SqliteShared"),
                         [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace mer::storage::test
