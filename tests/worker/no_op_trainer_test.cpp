// The no-op trainer in the child's seat: what a coordinator hears, and what nobody can take for results.
#include "worker/no_op_trainer.hpp"

#include <cmath>
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/scores.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wait_until.hpp"
#include "transport/loopback_transport.hpp"
#include "worker/agent_loop.hpp"

namespace mer::worker {
namespace {

using testing_support::wait_until;

StackJob job_in(const std::string& store, int trials, int epochs) {
  StackJob job;
  job.store = store;
  for (int i = 0; i < trials; ++i) {
    TrialJob trial;
    trial.spec.id.hex = "t" + std::to_string(i);
    trial.spec.train.epochs = epochs;
    job.trials.push_back(trial);
  }
  return job;
}

std::string frame_with(const Message& message) {
  return frame_of(encode(message));
}

class NoOpTrainerTest : public ::testing::Test {
 protected:
  void mark() { std::ofstream(store_.path() / "no-op"); }
  std::string store() const { return store_.path().string(); }

  testing_support::TempDir store_;
};

TEST_F(NoOpTrainerTest, AnswersEachTrialWithEveryEpoch) {
  mark();
  const auto reports = no_op_reports(store(), job_in(store(), 1, 3).trials[0]);

  ASSERT_EQ(reports.size(), 1U + 3 + 1);
  EXPECT_TRUE(std::holds_alternative<AttemptStarted>(reports.front().event));
  EXPECT_EQ(std::get<EpochDone>(reports[3].event).timing.epoch, 3);
  EXPECT_EQ(std::get<AttemptFinished>(reports.back().event).result.epochs, 3);
}

TEST_F(NoOpTrainerTest, NothingOfItCanBeTakenForAResult) {
  mark();
  const auto reports = no_op_reports(store(), job_in(store(), 1, 1).trials[0]);

  EXPECT_EQ(std::get<AttemptStarted>(reports[0].event).environment.device, "no-op");
  for (const EpochRow& row : std::get<EpochDone>(reports[1].event).rows) {
    EXPECT_EQ(row.utterances, 0);
    EXPECT_TRUE(std::isnan(scores_of(row.confusion).macro_f1));
  }
  EXPECT_TRUE(std::get<AttemptFinished>(reports[2].event).result.selected.empty());
}

TEST_F(NoOpTrainerTest, FailsTrialsOfAStoreThatIsNotMarkedForIt) {
  const auto reports = no_op_reports(store(), job_in(store(), 1, 1).trials[0]);

  ASSERT_EQ(reports.size(), 1U);
  const Failure& failure = std::get<AttemptFailed>(reports[0].event).failure;
  EXPECT_EQ(failure.kind, Failure::Kind::error);
  EXPECT_NE(failure.message.find("a file named no-op"), std::string::npos);
}

TEST_F(NoOpTrainerTest, LeavesWhenItIsToldToAndDiesWhenItIsKilled) {
  NoOpTrainer told(1), killed(1);
  EXPECT_EQ(told.reap(), std::nullopt);
  told.write(frame_with(Shutdown{}));
  killed.kill();

  EXPECT_EQ(told.reap(), (ExitStatus{false, 0}));
  EXPECT_EQ(killed.reap(), (ExitStatus{true, SIGKILL}));
}

TEST_F(NoOpTrainerTest, AnAgentRunsItLikeAChild) {
  mark();
  const auto hub = std::make_shared<transport::LoopbackHub>(2);
  transport::LoopbackTransport coordinator(hub, 0), endpoint(hub, 1);
  AgentLoopOptions options;
  options.start_child = [](const ChildCommand&) {
    return std::unique_ptr<ChildProcess>(std::make_unique<NoOpTrainer>(7));
  };
  AgentLoop loop(endpoint, Hello{}, options);
  coordinator.send(1, Assign{job_in(store(), 5, 1)});

  int capacity = 0, finished = 0;
  EXPECT_TRUE(wait_until([&] {
    loop.step(std::chrono::steady_clock::now());
    for (const auto& envelope : coordinator.poll()) {
      if (const auto* wanted = std::get_if<Capacity>(&*envelope.message)) capacity = wanted->trials;
      const auto* report = std::get_if<Report>(&*envelope.message);
      if (report != nullptr && std::holds_alternative<AttemptFinished>(report->event)) ++finished;
    }
    return finished == 5;
  }));

  EXPECT_EQ(capacity, 7);
  EXPECT_FALSE(std::filesystem::exists(store_.path() / "logs"));
}

}  // namespace
}  // namespace mer::worker
