// What a coordinator tells of its workers.
#include "core/json.hpp"
#include "tests/orchestrator/coordinator_fixture.hpp"

namespace mer::orchestrator {
namespace {

using nlohmann::json;

class CoordinatorWorkersTest : public CoordinatorFixture {
 protected:
  json worker(int rank) const {
    const json answer = json::parse(coordinator_->workers(now_));
    EXPECT_EQ(answer.at("coordinator"), true);
    for (const json& one : answer.at("workers")) {
      if (one.at("worker") == rank) return one;
    }
    ADD_FAILURE() << "no worker " << rank;
    return {};
  }
  static EpochDone epoch(int number) {
    EpochDone done;
    done.timing = {number, 1, 1, 0};
    return done;
  }
};

TEST_F(CoordinatorWorkersTest, AWorkerIsAwaitedUntilItSaysWhatItIs) {
  ASSERT_EQ(step(), std::nullopt);
  EXPECT_EQ(worker(1).at("state"), "awaited");

  worker_.send(0, Hello{"worker-host", 7, {2, 3}, "cpu"});
  ASSERT_EQ(step(), std::nullopt);

  const json here = worker(1);
  EXPECT_EQ(here.at("state"), "here");
  EXPECT_EQ(here.at("host"), "worker-host");
  EXPECT_EQ(here.at("group"), "");
  EXPECT_EQ(here.at("cores"), json({2, 3}));
  EXPECT_EQ(here.at("device"), "cpu");
  EXPECT_EQ(here.at("heard_s"), 0);
  EXPECT_EQ(worker(2).at("state"), "awaited");
}

TEST_F(CoordinatorWorkersTest, ItsTrialsStandWithTheEpochThatTheyHaveBehindThem) {
  const TrialJob trial = join().trials.at(0);
  EXPECT_EQ(worker(1).at("trials")[0].at("trial"), trial.spec.id.hex);
  EXPECT_EQ(worker(1).at("trials")[0].at("epoch"), 0);

  report(trial, AttemptStarted{});
  report(trial, epoch(1));
  ASSERT_EQ(step(), std::nullopt);

  const json held = worker(1).at("trials");
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].at("epoch"), 1);
  EXPECT_EQ(held[0].at("epochs"), 2);
  EXPECT_EQ(held[0].at("attempt"), 1);
  EXPECT_EQ(held[0].at("sweep"), sweep_.number);
}

TEST_F(CoordinatorWorkersTest, ATrialThatHasEndedIsNotHeldAndOneThatBeginsAgainBeginsAtItsCheckpoint) {
  const TrialJob trial = join().trials.at(0);
  AttemptStarted resumed;
  resumed.resumed_epoch = 1;
  report(trial, resumed);
  ASSERT_EQ(step(), std::nullopt);
  EXPECT_EQ(worker(1).at("trials")[0].at("epoch"), 1);

  report(trial, finished());
  ASSERT_EQ(step(), std::nullopt);

  const json held = worker(1).at("trials");
  for (const json& one : held) EXPECT_NE(one.at("trial"), trial.spec.id.hex);
}

TEST_F(CoordinatorWorkersTest, EpochsAMinuteAreCountedAndStaleReportsAreNot) {
  const TrialJob trial = join().trials.at(0);
  report(trial, epoch(1));
  ASSERT_EQ(step(), std::nullopt);
  worker_.send(0, Report{trial.spec.id, 99, epoch(2)});
  ASSERT_EQ(step(), std::nullopt);
  EXPECT_EQ(worker(1).at("epochs_per_minute"), nullptr) << "too early to say";

  now_ += std::chrono::seconds(6);

  EXPECT_NEAR(worker(1).at("epochs_per_minute").get<double>(), 10, 0.1);
  EXPECT_NEAR(worker(1).at("heard_s").get<double>(), 6, 0.1);
}

TEST_F(CoordinatorWorkersTest, WhatAWorkerUsesIsAsItLastSaidAndNullWhereItDoesNotKnow) {
  join();
  for (const char* field : {"cpu_cores", "memory_bytes", "gpu_memory_bytes", "gpu_percent"}) {
    EXPECT_EQ(worker(1).at(field), nullptr) << field << ": nothing was told yet";
  }

  worker_.send(0, Beat{1, {1.5, 1000, 0, 99.0}});
  worker_.send(0, Beat{2, {1.9, std::int64_t{3} << 40, std::nullopt, 0.0}});
  ASSERT_EQ(step(), std::nullopt);

  EXPECT_EQ(worker(1).at("cpu_cores"), 1.9);
  EXPECT_EQ(worker(1).at("memory_bytes"), std::int64_t{3} << 40);
  EXPECT_EQ(worker(1).at("gpu_memory_bytes"), nullptr);
  EXPECT_EQ(worker(1).at("gpu_percent"), 0);
  EXPECT_EQ(worker(2).at("cpu_cores"), nullptr);
}

TEST_F(CoordinatorWorkersTest, OfAGangTheLeadersTrialsAreEveryMembers) {
  start(2);
  for (auto* member : {&worker_, &second_}) member->send(0, Hello{"worker-host", 7, {0}, "cpu"});
  ASSERT_EQ(step(), std::nullopt);

  EXPECT_EQ(worker(2).at("leader"), 1);
  EXPECT_EQ(worker(2).at("trials"), worker(1).at("trials"));
  EXPECT_FALSE(worker(1).at("trials").empty());
}

}  // namespace
}  // namespace mer::orchestrator
