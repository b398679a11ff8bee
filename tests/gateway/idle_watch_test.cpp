// How long nothing is held, as a ledger of what passes by says.
#include "worker/gateway/idle_watch.hpp"

#include <gtest/gtest.h>
#include <string>

#include "worker/gateway/ledger.hpp"

namespace mer::gateway {
namespace {

using namespace std::chrono_literals;

Message assign(char trial, int attempt = 1) {
  StackJob job;
  job.trials.resize(1);
  job.trials[0].spec.id = {std::string(64, trial)};
  job.trials[0].attempt = attempt;
  return Assign{job};
}

Message report(char trial, AttemptEvent event, int attempt = 1) {
  return Report{{std::string(64, trial)}, attempt, std::move(event)};
}

class IdleWatchTest : public testing::Test {
 protected:
  bool is_over_after(std::chrono::milliseconds time) { return watch_.is_over(ledger_.hold_nothing(), now_ += time); }

  IdleWatch::TimePoint now_{};
  Ledger ledger_;
  IdleWatch watch_{300s};
};

TEST_F(IdleWatchTest, CountsFromTheFirstLook) {
  EXPECT_FALSE(is_over_after(1000s));
  EXPECT_FALSE(is_over_after(299s));
  EXPECT_TRUE(is_over_after(1s));
}

TEST_F(IdleWatchTest, WhoHoldsATrialIsNotIdleHoweverLongItTakes) {
  is_over_after(0s);
  ledger_.note_to(1, assign('a'));
  ledger_.note_to(2, assign('b'));
  EXPECT_FALSE(is_over_after(1000s));
  ledger_.note_from(1, report('a', AttemptFinished{}));
  EXPECT_FALSE(is_over_after(1000s)) << "another worker holds one";
  ledger_.note_from(2, report('b', EpochDone{}));
  EXPECT_FALSE(is_over_after(1000s));
}

TEST_F(IdleWatchTest, CountsFromTheEndOfTheLastTrial) {
  is_over_after(0s);
  ledger_.note_to(1, assign('a'));
  is_over_after(1000s);
  ledger_.note_from(1, report('a', AttemptFailed{}));

  EXPECT_FALSE(is_over_after(0s));
  EXPECT_FALSE(is_over_after(299s));
  EXPECT_TRUE(is_over_after(1s));
}

TEST_F(IdleWatchTest, TheEndOfAnOlderAttemptIsNotThatOfTheNewest) {
  ledger_.note_to(1, assign('a', 1));
  ledger_.note_to(1, assign('a', 2));
  ledger_.note_from(1, report('a', AttemptFailed{}, 1));

  is_over_after(0s);
  EXPECT_FALSE(is_over_after(1000s));
  ledger_.note_from(1, report('a', AttemptStopped{}, 2));
  is_over_after(0s);
  EXPECT_TRUE(is_over_after(300s));
}

TEST_F(IdleWatchTest, WithoutALimitNobodyLeaves) {
  watch_ = IdleWatch(0s);
  is_over_after(0s);

  EXPECT_FALSE(is_over_after(100'000s));
}

}  // namespace
}  // namespace mer::gateway
