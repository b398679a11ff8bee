// What people ask of a coordinator while it runs.
#include "tests/orchestrator/coordinator_fixture.hpp"

namespace mer::orchestrator {
namespace {

using storage::ControlVerb;
using storage::SweepActivity;

class CoordinatorControlTest : public CoordinatorFixture {
 protected:
  Result<storage::Controlled> control(ControlVerb verb, std::vector<TrialId> trials) {
    return coordinator_->control({.verb = verb, .trials = std::move(trials)}, now_);
  }
  Result<storage::Controlled> control(ControlVerb verb, SweepId sweep) {
    return coordinator_->control({.verb = verb, .sweep = sweep}, now_);
  }
  template <class Target>
  void ask(ControlVerb verb, const Target& target) {
    EXPECT_TRUE(control(verb, target).ok());
  }
  void ask(ControlVerb verb, const TrialId& trial) { ask(verb, std::vector<TrialId>{trial}); }
  // Of other trials than the first sweep's.
  static storage::Submission another_sweep() {
    return testing_support::plan_tiny_sweep(R"("train": {"epochs": 2}, "seeds": [7])").plan->submission;
  }
  TrialId trial(std::size_t position) { return store_.progress(sweep_)->at(position).spec.id; }
  storage::TrialDetail detail(const TrialId& id) { return *store_.trial(id); }
};

TEST_F(CoordinatorControlTest, ACancelledTrialIsStoppedAndWhatItStillSaysChangesNothing) {
  const TrialJob running = join().trials[0];

  EXPECT_TRUE(control(ControlVerb::cancel, {running.spec.id}).ok());
  EXPECT_EQ(step(), std::nullopt);

  EXPECT_EQ(received(), (std::vector<Message>{StopTrials{{running.spec.id}}}));
  report(running, finished());
  EXPECT_EQ(step(), std::nullopt);
  EXPECT_EQ(detail(running.spec.id).row.state, TrialState::cancelled);
  EXPECT_FALSE(detail(running.spec.id).result);
  EXPECT_EQ(job_in(received()).trials[0].spec.id, trial(1)) << "its place is free";
}

TEST_F(CoordinatorControlTest, ACancelledTrialThatIsRetriedWaitsForItsWorkerAndGoesOn) {
  const TrialJob first = join().trials[0];
  ask(ControlVerb::cancel, first.spec.id);
  ask(ControlVerb::retry, first.spec.id);
  step();
  EXPECT_EQ(received(), (std::vector<Message>{StopTrials{{first.spec.id}}}));

  report(first, AttemptStopped{1});
  step();

  const StackJob job = job_in(received());
  EXPECT_EQ(job.trials[0].spec.id, first.spec.id);
  EXPECT_EQ(job.trials[0].attempt, 2);
}

// It goes back to the queue when its worker is given up, while another worker is empty.
TEST_F(CoordinatorControlTest, NothingIsClaimedInTheRoundInWhichALostWorkerEndsTheRun) {
  const TrialJob first = join().trials[0];
  ask(ControlVerb::cancel, first.spec.id);
  ask(ControlVerb::retry, first.spec.id);
  now_ += std::chrono::seconds(20);
  for (transport::LoopbackTransport* other : {&second_, &third_}) other->send(0, Hello{"host", 7, {0}, "cpu"});
  EXPECT_EQ(step(), std::nullopt);
  now_ += std::chrono::seconds(20);
  second_.send(0, Report{trial(1), 1, finished()});
  third_.send(0, Beat{});

  EXPECT_EQ(step(), ExitCode::internal);

  EXPECT_EQ(detail(first.spec.id).row.state, TrialState::pending);
  EXPECT_EQ(detail(first.spec.id).attempts.size(), 1U);
  EXPECT_EQ(counts().done, 1) << "what came in this round counts";
}

TEST_F(CoordinatorControlTest, APausedSweepHandsItsTrialsBackAndGoesOnWhenItIsResumed) {
  const SweepId other = *coordinator_->submit(another_sweep(), now_);
  const TrialJob running = join().trials[0];
  EXPECT_EQ(control(ControlVerb::pause, sweep_)->activity, SweepActivity::paused);
  step();
  EXPECT_EQ(received(), (std::vector<Message>{StopTrials{{running.spec.id}}}));

  report(running, AttemptStopped{1});
  step();
  const TrialJob of_other = job_in(received()).trials[0];
  EXPECT_EQ(of_other.spec.seed, 7U);
  ask(ControlVerb::resume, sweep_);
  ask(ControlVerb::pause, other);
  step();
  EXPECT_EQ(received(), (std::vector<Message>{StopTrials{{of_other.spec.id}}}));
  report(of_other, AttemptStopped{0});
  step();

  EXPECT_EQ(job_in(received()).trials[0].spec.id, running.spec.id);
}

TEST_F(CoordinatorControlTest, ARunWithOnlyPausedSweepsLeftEndsWithSix) {
  const TrialJob running = join().trials[0];
  ask(ControlVerb::pause, sweep_);
  step();
  report(running, AttemptStopped{1});

  EXPECT_EQ(step(), ExitCode::paused);
  EXPECT_EQ(counts().pending, 3);
}

TEST_F(CoordinatorControlTest, ASweepThatIsSubmittedWhileAnotherRunsIsTakenUpByItsPriority) {
  const TrialJob running = join().trials[0];
  storage::Submission urgent = another_sweep();
  urgent.priority = 1;

  const SweepId other = *coordinator_->submit(urgent, now_);
  EXPECT_EQ(*coordinator_->submit(urgent, now_), other) << "idempotent";
  report(running, finished());
  step();

  EXPECT_EQ(job_in(received()).trials[0].spec.seed, 7U);
  EXPECT_EQ(store_.sweep(other)->summary.counts.running, 1);
}

TEST_F(CoordinatorControlTest, ASweepForGangsOfAnotherSizeIsRefusedAndTheRunGoesOn) {
  join();
  storage::Submission other = another_sweep();
  other.sweep.resources.gpus_per_trial = 2;

  EXPECT_EQ(coordinator_->submit(other, now_).error().code, ErrorCode::invalid);

  EXPECT_EQ(step(), std::nullopt);
  EXPECT_EQ(store_.sweeps()->size(), 1U);
}

TEST_F(CoordinatorControlTest, ARetriedTrialOfASweepThatWasNotTakenUpRuns) {
  const SweepId other = *store_.submit(another_sweep());
  ASSERT_TRUE(store_.control({.verb = ControlVerb::cancel, .sweep = other}).ok());
  const TrialId named = store_.progress(other)->front().spec.id;
  const TrialJob running = join().trials[0];

  EXPECT_EQ(control(ControlVerb::retry, {named})->revived, std::vector<SweepId>{other});
  report(running, finished());
  step();

  EXPECT_EQ(job_in(received()).trials[0].spec.id, named) << "its sweep was served longest ago";
}

TEST_F(CoordinatorControlTest, ARetriedTrialOfACancelledSweepThatWasTakenUpRuns) {
  const SweepId other = *coordinator_->submit(another_sweep(), now_);
  const TrialId named = store_.progress(other)->front().spec.id;
  ask(ControlVerb::cancel, other);
  const TrialJob running = join().trials[0];

  ask(ControlVerb::retry, named);
  report(running, finished());
  step();

  EXPECT_EQ(job_in(received()).trials[0].spec.id, named);
}

TEST_F(CoordinatorControlTest, WhatTheStoreFailsToDoChangesNothingAndEndsTheRun) {
  const TrialJob running = join().trials[0];
  writer_.before_ask = [] { return Status(Error{ErrorCode::io, "disk I/O error"}); };

  EXPECT_EQ(control(ControlVerb::cancel, {running.spec.id}).error().code, ErrorCode::io);
  EXPECT_EQ(counts().running, 1);

  EXPECT_EQ(step(), ExitCode::internal);
  EXPECT_EQ(received(), (std::vector<Message>{Shutdown{}})) << "no stop";
}

TEST_F(CoordinatorControlTest, ANoteIsDurableAndChangesNothingThatRuns) {
  const TrialJob running = join().trials[0];

  const auto noted =
      coordinator_->control({.verb = ControlVerb::note, .trials = {running.spec.id}, .note = "a slow one"}, now_);
  const auto tagged = coordinator_->control({.verb = ControlVerb::tag, .sweep = sweep_, .tags = {"paper"}}, now_);

  ASSERT_TRUE(noted.ok());
  ASSERT_TRUE(tagged.ok());
  EXPECT_EQ(detail(running.spec.id).row.annotation.note, "a slow one");
  EXPECT_EQ(store_.sweep(sweep_)->summary.annotation.tags, std::vector<std::string>{"paper"});
  EXPECT_EQ(step(), std::nullopt);
  EXPECT_TRUE(received().empty());
  EXPECT_EQ(counts().running, 1);
}

TEST_F(CoordinatorControlTest, ARefusedTagDoesNotEndTheRun) {
  join();
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= storage::kMostTags; ++i) many.push_back("t" + std::to_string(i));

  EXPECT_EQ(coordinator_->control({.verb = ControlVerb::tag, .sweep = sweep_, .tags = many}, now_).error().code,
            ErrorCode::invalid);

  EXPECT_EQ(step(), std::nullopt);
}

TEST_F(CoordinatorControlTest, ANoteOnASweepThatIsNotRunHereDoesNotTakeItUp) {
  storage::Submission urgent = another_sweep();
  urgent.priority = 1;
  const SweepId other = *store_.submit(urgent);
  const TrialJob running = join().trials[0];

  ASSERT_TRUE(coordinator_->control({.verb = ControlVerb::note, .sweep = other, .note = "later"}, now_).ok());
  report(running, finished());
  step();

  EXPECT_EQ(store_.sweep(other)->summary.annotation.note, "later");
  EXPECT_EQ(job_in(received()).trials[0].spec.id, trial(1));
}

TEST_F(CoordinatorControlTest, AfterAnErrorOfTheStoreNothingMoreIsTakenUp) {
  join();
  ask(ControlVerb::cancel, trial(1));
  writer_.before_ask = [] { return Status(Error{ErrorCode::io, "disk I/O error"}); };
  EXPECT_EQ(control(ControlVerb::pause, sweep_).error().code, ErrorCode::io) << "nobody knows whether it is durable";
  writer_.before_ask = [] { return Status(); };

  EXPECT_EQ(control(ControlVerb::retry, {trial(1)}).error().code, ErrorCode::io);
  EXPECT_EQ(coordinator_->submit(another_sweep(), now_).error().code, ErrorCode::io);

  EXPECT_EQ(step(), ExitCode::internal);
  EXPECT_EQ(counts().cancelled, 1);
  EXPECT_EQ(store_.sweeps()->size(), 1U);
}

TEST_F(CoordinatorControlTest, AFailedCommitBeforeItEndsTheRunAndNothingIsAsked) {
  join();
  for (std::size_t i = 1; i < 3; ++i) ask(ControlVerb::cancel, trial(i));
  second_.send(0, Hello{"worker-host", 8, {0}, "cpu"});
  step();
  ask(ControlVerb::retry, trial(1));  // claimed for the second worker in this round
  writer_.before_commit = [] { return Status(Error{ErrorCode::no_space, "disk full"}); };
  writer_.before_ask = [] {
    ADD_FAILURE() << "the claim is not durable";
    return Status();
  };

  EXPECT_EQ(control(ControlVerb::retry, {trial(2)}).error().code, ErrorCode::no_space);

  EXPECT_EQ(step(), ExitCode::internal);
  EXPECT_EQ(counts().cancelled, 1);
}

TEST_F(CoordinatorControlTest, TheClaimsOfARoundAreDurableBeforeWhatIsAskedInIt) {
  join();
  for (std::size_t i = 1; i < 3; ++i) ask(ControlVerb::cancel, trial(i));
  second_.send(0, Hello{"worker-host", 8, {0}, "cpu"});
  step();
  ask(ControlVerb::retry, trial(1));
  EXPECT_EQ(detail(trial(1)).attempts.size(), 0U) << "decided, and not committed";

  ask(ControlVerb::cancel, trial(1));

  ASSERT_EQ(detail(trial(1)).attempts.size(), 1U);
  EXPECT_EQ(detail(trial(1)).attempts[0].outcome, "stopped");
  EXPECT_EQ(step(), std::nullopt) << "the store refused nothing";
}

TEST_F(CoordinatorControlTest, WhatIsNotThereIsRefusedAndTheRunGoesOn) {
  join();

  EXPECT_EQ(control(ControlVerb::pause, SweepId{9}).error().code, ErrorCode::not_found);
  EXPECT_EQ(control(ControlVerb::pause, std::vector<TrialId>{trial(0)}).error().code, ErrorCode::invalid);

  EXPECT_EQ(step(), std::nullopt);
  EXPECT_EQ(counts().running, 1);
}

TEST_F(CoordinatorControlTest, ACancelledSweepEndsWithOneUnlessSomebodyThinksAgainBeforeTheNextRound) {
  const TrialJob running = join().trials[0];
  ask(ControlVerb::cancel, sweep_);
  ask(ControlVerb::retry, trial(1));
  EXPECT_EQ(step(), std::nullopt);

  ask(ControlVerb::cancel, sweep_);

  EXPECT_EQ(step(), ExitCode::some_failed);
  EXPECT_EQ(counts().cancelled, 3);
  EXPECT_EQ(detail(running.spec.id).row.crashes, 0);
}

}  // namespace
}  // namespace mer::orchestrator
