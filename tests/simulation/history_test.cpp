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
  HistoryTest() : trace_(false, queue_), history_(plan_, trace_), session_(history_.begin_session()) {}

  static Plan six_trials() {
    storage::test::Shape shape;
    shape.configurations = 1;
    shape.folds = 6;
    Plan plan;
    plan.submission = storage::test::submission_of(shape);
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
  std::string breach() const { return history_.breach().value_or(""); }

  const Plan plan_ = six_trials();
  EventQueue queue_;
  Trace trace_;
  History history_;
  int session_;
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

TEST_F(HistoryTest, GivingATrialUpTooEarlyIsABreach) {
  join(1, {claim(0, 1)});
  storage::Recorded failed = end(0, crashed());
  failed.after_failure = TrialState::failed;
  round({failed, claim(1, 1)});
  EXPECT_EQ(breach(), "t1 is given up too early");
}

}  // namespace
}  // namespace mer::simulation
