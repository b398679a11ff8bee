// Coordinator, agents and trainers together, in one process over the loopback transport: everything but MPI, SQLite and
// the model.
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <memory>

#include "orchestrator/coordinator.hpp"
#include "storage/memory_store.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/tiny_sweep.hpp"
#include "tests/support/wait_until.hpp"
#include "transport/loopback_transport.hpp"
#include "worker/agent_loop.hpp"

namespace mer {
namespace {

using namespace std::chrono_literals;

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() {
    auto planned = testing_support::plan_tiny_sweep(R"("train": {"epochs": 4}, "seeds": [0, 1])");
    sweep_ = *store_.submit(planned.plan->submission);
  }
  ~PipelineTest() override {
    for (const char* name : {"MER_FAKE", "MER_FAKE_ATTEMPTS", "MER_FAKE_EPOCH_MS"}) ::unsetenv(name);
  }

  // One session from start to end; `each_round` may ask for a pause.
  ExitCode run(int workers, const std::function<void(orchestrator::Coordinator&)>& each_round = {}) {
    EXPECT_TRUE(store_.begin_session("host", 1, 0).ok());
    auto hub = std::make_shared<transport::LoopbackHub>(workers + 1);
    transport::LoopbackTransport endpoint(hub, 0);
    orchestrator::CoordinatorSettings settings;
    settings.store = folder_.path().string();
    settings.scheduler.backoff = 10ms;
    auto sweep = orchestrator::load_sweep(store_, store_, sweep_).value();
    sweep.resources.stack = stack_;
    orchestrator::Coordinator coordinator(settings, endpoint, store_, {std::move(sweep)}, [](const std::string&) {});
    std::vector<std::unique_ptr<transport::LoopbackTransport>> endpoints;
    std::vector<std::unique_ptr<worker::AgentLoop>> agents;
    for (int rank = 1; rank <= workers; ++rank) {
      endpoints.push_back(std::make_unique<transport::LoopbackTransport>(hub, rank));
      agents.push_back(std::make_unique<worker::AgentLoop>(*endpoints.back(), Hello{},
                                                           worker::AgentLoopOptions{MER_FAKE_TRAINER, {}, 0, {}}));
    }
    std::optional<ExitCode> code;
    EXPECT_TRUE(testing_support::wait_until([&] {
      code = coordinator.step(std::chrono::steady_clock::now());
      for (auto& agent : agents) agent->step(std::chrono::steady_clock::now());
      if (each_round) each_round(coordinator);
      return code.has_value();
    }));
    return code.value_or(ExitCode::internal);
  }

  storage::StateCounts counts() { return store_.sweep(sweep_)->summary.counts; }
  void expect_whole_curves() {
    const auto trials = *store_.progress(sweep_);
    for (const auto& trial : trials) {
      const auto curve = *store_.curve(trial.spec.id, Split::test);
      ASSERT_EQ(curve.size(), 4U);
      for (int epoch = 1; epoch <= 4; ++epoch) EXPECT_EQ(curve[std::size_t(epoch - 1)].epoch, epoch);
    }
  }

  testing_support::TempDir folder_;
  storage::MemoryStore store_;
  SweepId sweep_;
  int stack_ = 1;
};

TEST_F(PipelineTest, TwoWorkersFinishEveryTrial) {
  EXPECT_EQ(run(2), ExitCode::done);

  EXPECT_EQ(counts().done, 6);
  expect_whole_curves();
}

TEST_F(PipelineTest, StacksFinishEveryTrial) {
  stack_ = 4;

  EXPECT_EQ(run(1), ExitCode::done);

  EXPECT_EQ(counts().done, 6);
  expect_whole_curves();
}

TEST_F(PipelineTest, CrashedTrialsResumeFromTheirCheckpoints) {
  ::setenv("MER_FAKE", "crash", 1);

  EXPECT_EQ(run(2), ExitCode::done);

  EXPECT_EQ(counts().done, 6);
  expect_whole_curves();
  const auto trials = *store_.progress(sweep_);
  for (const auto& trial : trials) {
    const auto detail = *store_.trial(trial.spec.id);
    ASSERT_EQ(detail.attempts.size(), 2U);
    EXPECT_EQ(detail.attempts[0].outcome, "failed");
    EXPECT_EQ(detail.attempts[1].resumed_epoch, 1);
  }
}

TEST_F(PipelineTest, CrashingStackIsTakenApartAndFinishes) {
  stack_ = 4;
  ::setenv("MER_FAKE", "exit3", 1);
  ::setenv("MER_FAKE_ATTEMPTS", "2", 1);

  EXPECT_EQ(run(1), ExitCode::done);

  EXPECT_EQ(counts().done, 6);
  expect_whole_curves();
}

TEST_F(PipelineTest, TrialThatAlwaysCrashesFailsAfterMaxAttempts) {
  ::setenv("MER_FAKE", "exit3", 1);
  ::setenv("MER_FAKE_ATTEMPTS", "1000", 1);

  EXPECT_EQ(run(2), ExitCode::some_failed);

  EXPECT_EQ(counts().failed, 6);
  const auto trials = *store_.progress(sweep_);
  for (const auto& trial : trials) EXPECT_EQ(trial.attempt, 3);
}

TEST_F(PipelineTest, PausedSweepGoesOnWhereItWas) {
  ::setenv("MER_FAKE_EPOCH_MS", "30", 1);
  const ExitCode first = run(2, [&](orchestrator::Coordinator& coordinator) {
    if (counts().done >= 1) coordinator.request_pause();
  });
  EXPECT_EQ(first, ExitCode::paused);
  EXPECT_GT(counts().pending, 0);
  EXPECT_EQ(counts().running, 0);

  EXPECT_EQ(run(2), ExitCode::done);

  EXPECT_EQ(counts().done, 6);
  expect_whole_curves();
  const auto trials = *store_.progress(sweep_);
  for (const auto& trial : trials) EXPECT_EQ(trial.crashes, 0);
}

}  // namespace
}  // namespace mer
