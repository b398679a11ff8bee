// The checker's rules for the order of trials and for leases, each broken by hand.
#include "tests/simulation/history.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tests/storage/builders.hpp"

namespace mer::simulation {
namespace {

using namespace std::chrono_literals;
using storage::test::trial_of;

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() : trace_(false, queue_), history_(plan_, trace_) {
    history_.submitted(0, plan_.sweeps.front().submission, SweepId{1});
    session_ = history_.begin_session();
    take_up(SweepId{1});
  }

  void take_up(SweepId id) {
    orchestrator::ScheduledSweep sweep;
    sweep.id = id;
    history_.takes_up(session_, sweep);
  }
  static Plan six_trials() {
    storage::test::Shape shape;
    shape.configurations = 1;
    shape.folds = 6;
    Plan plan;
    plan.sweeps.push_back({storage::test::submission_of(shape)});
    shape.configurations = 2;
    plan.sweeps.push_back({storage::test::submission_of(shape)});  // names the other one's trials t7 to t12
    return plan;
  }
  // A round of the coordinator that commits these.
  void round(const std::vector<storage::StoreWrite>& writes) {
    now_ += 1ms;
    history_.begin_step(session_, now_);
    history_.commit(session_, writes, {});
    history_.end_step(session_, true);
  }
  void join(int worker, const std::vector<storage::StoreWrite>& writes) {
    now_ += 1ms;
    history_.begin_step(session_, now_);
    history_.heard(session_, worker, Hello{});
    history_.commit(session_, writes, {});
    history_.end_step(session_, true);
  }
  static storage::Claim claim(int trial, int worker, int attempt = 1) {
    return storage::test::claim(trial_of(0, trial), attempt, worker);
  }
  static storage::Recorded end(int trial, AttemptEvent event, int attempt = 1) {
    return storage::test::recorded(trial_of(0, trial), attempt, std::move(event));
  }
  static AttemptFinished finished(int attempt = 1) {
    AttemptFinished event;
    event.result.weights_sha256 = weights_of(attempt);
    return event;
  }
  static AttemptFailed crashed() { return {{Failure::Kind::signal, 11, "", ""}, 1}; }
  // Of the next round.
  void ask(const storage::Control& control, storage::Controlled answer = {}) {
    history_.controlled(session_, control, answer);
  }
  void ask_sweep(storage::ControlVerb verb, std::vector<TrialId> changed = {}, SweepId sweep = {1}) {
    storage::Controlled answer{std::move(changed), {}, {}, {}, 0};
    if (verb == storage::ControlVerb::pause) answer.activity = storage::SweepActivity::paused;
    ask({.verb = verb, .sweep = sweep}, answer);
  }
  void cancel(int trial) {
    ask({.verb = storage::ControlVerb::cancel, .trials = {trial_of(0, trial)}}, {{trial_of(0, trial)}, {}, {}, {}, 0});
  }
  void retry(int trial) {
    ask({.verb = storage::ControlVerb::retry, .trials = {trial_of(0, trial)}}, {{trial_of(0, trial)}, {}, {}, {}, 0});
  }
  // A second sweep, with trials of the other configuration.
  void submit_another(int priority = 0) {
    storage::test::Shape shape;
    shape.name = "another";
    shape.configurations = 2;
    shape.folds = 6;
    storage::Submission submission = storage::test::submission_of(shape);
    std::erase_if(submission.trials, [](const storage::PlannedTrial& trial) { return trial.configuration == 0; });
    submission.priority = priority;
    history_.submitted(session_, submission, SweepId{2});
    take_up(SweepId{2});
  }
  static storage::Claim claim_another(int trial, int worker) {
    return storage::test::claim(trial_of(1, trial), 1, worker);
  }
  std::string breach() const { return history_.breach().value_or(""); }

  const Plan plan_ = six_trials();
  EventQueue queue_;
  Trace trace_;
  History history_;
  int session_ = 0;
  TimePoint now_{};
};

TEST_F(HistoryTest, AFaultlessCourseIsNoBreach) {
  join(1, {claim(0, 1)});
  join(2, {claim(1, 2)});
  round({end(0, finished()), claim(2, 1)});
  round({end(1, crashed()), claim(3, 2)});
  now_ += 2s;
  round({end(2, finished()), claim(1, 1, 2)});
  EXPECT_EQ(breach(), "");
}

TEST_F(HistoryTest, AWorkerWithoutATrialWhileOneWaitsIsABreach) {
  join(1, {});
  EXPECT_EQ(breach(), "worker 1 is idle though t1 waits");
}

TEST_F(HistoryTest, ALaterTrialForAnEmptyWorkerIsABreach) {
  join(1, {claim(1, 1)});
  EXPECT_EQ(breach(), "t2 is preferred to t1, which comes first");
}

TEST_F(HistoryTest, EveryWorkerGoingOnWithLaterTrialsIsStarvation) {
  join(1, {claim(0, 1)});  // and t2 fits nowhere
  round({claim(2, 1)});
  round({claim(3, 1)});
  EXPECT_EQ(breach(), "t2 starves: every worker goes on with trials that come later");
}

TEST_F(HistoryTest, AClaimWithinTheBackOffIsABreach) {
  join(1, {claim(0, 1)});
  round({end(0, crashed()), claim(0, 1, 2)});
  EXPECT_EQ(breach(), "t1#2 is claimed before its back-off is over");
}

TEST_F(HistoryTest, ATrialThatIsHeldOrHasEndedIsNotToBeClaimed) {
  join(1, {claim(0, 1), claim(0, 1, 2)});
  EXPECT_EQ(breach(), "t1#2 is claimed while attempt 1 holds the trial");
}

TEST_F(HistoryTest, ANumberThatIsUsedAgainIsABreach) {
  join(1, {claim(0, 1)});
  round({end(0, AttemptStopped{}), claim(0, 1, 1)});
  EXPECT_EQ(breach(), "t1#1 is claimed after attempt 1: numbers go up by one");
}

TEST_F(HistoryTest, ATrialThatItsWorkerHasNotLetGoIsNotToBeClaimed) {
  join(1, {claim(0, 1)});
  cancel(0);
  retry(0);
  join(2, {claim(0, 2, 2)});
  EXPECT_EQ(breach(), "t1#2 is claimed before its worker has let attempt 1 go");
}

TEST_F(HistoryTest, ATrialThatItsWorkerHasLetGoIsClaimedAgain) {
  join(1, {claim(0, 1)});
  cancel(0);
  retry(0);
  now_ += 1ms;
  history_.begin_step(session_, now_);
  history_.heard(session_, 1, Report{trial_of(0, 0), 1, AttemptStopped{1}});
  history_.commit(session_, std::vector<storage::StoreWrite>{claim(0, 1, 2)}, {});
  history_.end_step(session_, true);
  EXPECT_EQ(breach(), "");
}

TEST_F(HistoryTest, AClaimForAPausedSweepIsABreach) {
  ask_sweep(storage::ControlVerb::pause);
  join(1, {claim(0, 1)});
  EXPECT_EQ(breach(), "t1#1 is claimed though no active sweep wants it");
}

TEST_F(HistoryTest, AnAnswerThatSaysLessThanHasChangedIsABreach) {
  ask({.verb = storage::ControlVerb::cancel, .trials = {trial_of(0, 0)}}, {});
  EXPECT_EQ(breach(), "cancel t1 changes other trials");
}

TEST_F(HistoryTest, ATrialOfALowerPriorityForAnEmptyWorkerIsABreach) {
  submit_another(1);
  join(1, {claim(0, 1)});
  EXPECT_EQ(breach(), "t1 is preferred to t7, which has the higher priority");
}

TEST_F(HistoryTest, AnEmptyWorkerForTheSweepWithTheLargerShareIsABreach) {
  submit_another();
  join(1, {claim(0, 1)});
  join(2, {claim(1, 2)});
  EXPECT_EQ(breach(), "t2 is preferred to t7, whose sweep has a smaller share of the workers");
}

TEST_F(HistoryTest, EqualSharesAreNoBreach) {
  submit_another();
  join(1, {claim(0, 1)});
  join(2, {claim_another(0, 2)});
  round({end(0, finished()), claim(1, 1)});
  EXPECT_EQ(breach(), "");
}

TEST_F(HistoryTest, ASweepThatNeverGetsAnEmptyWorkerStarves) {
  submit_another();
  join(1, {claim(0, 1)});
  round({});
  round({end(0, finished()), claim(1, 1)});
  EXPECT_EQ(breach(), "");
  round({end(1, finished()), claim(2, 1)});
  EXPECT_EQ(breach(), "t7 starves: other sweeps get one empty worker after the other");
}

TEST_F(HistoryTest, AClaimThatTheStoreRefusesIsABreach) {
  history_.commit(session_, std::vector<storage::StoreWrite>{claim(0, 1)}, {{0}});
  EXPECT_EQ(breach(), "the store refuses what the newest session writes");
}

TEST_F(HistoryTest, TwoAttemptsInTrainersOfOneJobAreABreach) {
  TrialJob job;
  job.spec.id = trial_of(0, 0);
  join(1, {claim(0, 1)});
  history_.begins(1, job);
  cancel(0);
  retry(0);
  now_ += 1ms;
  history_.begin_step(session_, now_);
  history_.heard(session_, 1, Report{trial_of(0, 0), 1, AttemptStopped{1}});
  history_.commit(session_, std::vector<storage::StoreWrite>{claim(0, 1, 2)}, {});
  job.attempt = 2;
  history_.begins(1, job);
  EXPECT_EQ(breach(), "t1#2 is trained beside attempt 1");
}

TEST_F(HistoryTest, AnExitCodeThatForgetsACancelledTrialIsABreach) {
  for (int trial = 0; trial < 6; ++trial) cancel(trial);
  history_.left(session_, ExitCode::done);
  EXPECT_EQ(breach(), "the coordinator says that all is done, which it is not");
}

TEST_F(HistoryTest, GivingATrialUpTooEarlyIsABreach) {
  join(1, {claim(0, 1)});
  storage::Recorded failed = end(0, crashed());
  failed.after_failure = TrialState::failed;
  round({failed, claim(1, 1)});
  EXPECT_EQ(breach(), "t1 is given up too early");
}

}  // namespace
}  // namespace mer::simulation
