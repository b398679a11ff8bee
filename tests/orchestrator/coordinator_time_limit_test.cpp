// What a coordinator does about the end of its job.
#include "core/json.hpp"
#include "tests/orchestrator/coordinator_fixture.hpp"

namespace mer::orchestrator {
namespace {

class CoordinatorTimeLimitTest : public CoordinatorFixture {
 protected:
  // 2 epochs a trial.
  static EpochDone epoch(int number, double seconds) {
    EpochDone done;
    done.timing = {number, 0.75 * seconds, 0.25 * seconds, 0};
    return done;
  }
  void train_one(const TrialJob& trial) {
    report(trial, epoch(1, 60));
    report(trial, epoch(2, 60));
    report(trial, finished());
  }
  nlohmann::json explained(const TrialId& trial) { return nlohmann::json::parse(coordinator_->explain(trial, now_)); }
  std::size_t lines_of(const std::string& type) const {
    std::size_t count = 0;
    for (const std::string& line : lines_) count += line.find("\"type\":\"" + type + "\"") != std::string::npos;
    return count;
  }
};

TEST_F(CoordinatorTimeLimitTest, WhatWouldNotEndInTimeIsLeftToTheNextJob) {
  start(1, 100);
  const StackJob job = join();
  const TrialId waits = store_.trials(sweep_)->at(1).id;
  EXPECT_FALSE(explained(waits).contains("needs_s"));

  report(job.trials[0], epoch(1, 60));
  ASSERT_EQ(step(), std::nullopt);
  EXPECT_EQ(explained(waits).at("needs_s"), 120);
  EXPECT_NEAR(explained(waits).at("job_ends_in_s").get<double>(), 100, 0.1);

  report(job.trials[0], finished());
  EXPECT_EQ(step(), ExitCode::paused);
  EXPECT_EQ(counts().done, 1);
  EXPECT_EQ(counts().pending, 2);
  EXPECT_EQ(lines_of("out_of_time"), 1U);
}

TEST_F(CoordinatorTimeLimitTest, EpochsOfEarlierRunsTell) {
  train_one(join().trials[0]);
  ASSERT_EQ(step(), std::nullopt);
  start(1, 100);

  worker_.send(0, Hello{"worker-host", 7, {0}, "cpu"});
  EXPECT_EQ(step(), ExitCode::paused);
  EXPECT_EQ(counts().pending, 2);
}

TEST_F(CoordinatorTimeLimitTest, APauseIsNoLackOfTime) {
  start(1, 3600);
  const StackJob job = join();
  coordinator_->request_pause();
  step();
  report(job.trials[0], AttemptStopped{0});

  EXPECT_EQ(step(), ExitCode::paused);
  EXPECT_EQ(lines_of("out_of_time"), 0U);
}

}  // namespace
}  // namespace mer::orchestrator
