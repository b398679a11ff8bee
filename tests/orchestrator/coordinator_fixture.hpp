// A coordinator over a memory store, with workers that the test plays.
//
// Threads: one.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/coordinator.hpp"
#include "storage/memory_store.hpp"
#include "tests/support/faulty_transport.hpp"
#include "tests/support/tiny_sweep.hpp"
#include "transport/loopback_transport.hpp"

namespace mer::orchestrator {

// A writer whose writes can be watched and made to fail.
class WatchedWriter : public storage::ResultWriter {
 public:
  explicit WatchedWriter(storage::ResultWriter& real) : real_(real) {}

  std::function<Status()> before_commit = [] { return Status(); };
  std::function<Status()> before_ask = [] { return Status(); };

  Result<SweepId> submit(const storage::Submission& submission) override {
    MER_TRY(before_ask());
    return real_.submit(submission);
  }
  Status begin_session(const std::string& host, std::int64_t pid, double at) override {
    return real_.begin_session(host, pid, at);
  }
  Status beat(double at) override { return real_.beat(at); }
  Result<storage::CommitOutcome> commit(std::span<const storage::StoreWrite> writes) override {
    MER_TRY(before_commit());
    return real_.commit(writes);
  }
  Result<storage::Controlled> control(const storage::Control& control) override {
    MER_TRY(before_ask());
    return real_.control(control);
  }
  Status each_trial(SweepId sweep, const std::function<void(storage::TrialProgress)>& take) override {
    return real_.each_trial(sweep, take);
  }

 private:
  storage::ResultWriter& real_;
};

class CoordinatorFixture : public ::testing::Test {
 protected:
  CoordinatorFixture()
      : hub_(std::make_shared<transport::LoopbackHub>(4)),
        endpoint_(hub_, 0),
        faulty_(endpoint_),
        worker_(hub_, 1),
        second_(hub_, 2),
        third_(hub_, 3),
        writer_(store_) {
    auto planned = testing_support::plan_tiny_sweep(R"("train": {"epochs": 2}, "retry": {"max_attempts": 2})");
    sweep_ = *store_.submit(planned.plan->submission);
    start();
  }

  // ends_at: seconds from the world's begin; 0: no limit.
  void start(int gang = 1, double ends_at = 0, transport::Transport* transport = nullptr) {
    EXPECT_TRUE(store_.begin_session("host", 1, 0).ok());
    CoordinatorSettings settings;
    settings.store = "/store";
    settings.gang = gang;
    settings.scheduler.node_crashes = node_crashes_;
    settings.nodes = book_;
    if (ends_at > 0) settings.ends_at = kBegin + ends_at;
    settings.job_seconds = ends_at > 0 ? 3600 : 0;
    settings.unix_time = [this] { return kBegin + std::chrono::duration<double>(now_ - TimePoint()).count(); };
    settings.silence_limit = std::chrono::seconds(30);
    settings.versions = R"({"mpi": "Open MPI v4", "compiler": "of the coordinator"})";
    settings.load_sweep = [this, gang](SweepId id) { return load(id, gang); };
    coordinator_ = std::make_unique<Coordinator>(settings, transport ? *transport : faulty_, writer_,
                                                 std::vector{*load(sweep_, gang)},
                                                 [this](const std::string& line) { lines_.push_back(line); });
  }

  // As the store has it, but for resources that no test machine has.
  Result<SweepToRun> load(SweepId id, int gang) {
    MER_ASSIGN(SweepToRun sweep, load_sweep(store_, writer_, id));
    for (auto& [corpus, path] : sweep.corpora) path = "/corpora/tiny";
    sweep.resources.device = DeviceChoice::cuda;
    sweep.resources.gpu_fraction = 0.5;
    sweep.resources.gpus_per_trial = gang;
    sweep.resources.broadcast_features = true;
    MER_TRY(read_epoch_times(store_, sweep));
    return sweep;
  }

  std::optional<ExitCode> step() {
    now_ += std::chrono::milliseconds(10);
    return coordinator_->step(now_);
  }
  // What the worker has got since the last call, without beats.
  std::vector<Message> received() {
    std::vector<Message> messages;
    for (auto& envelope : worker_.poll()) {
      if (!std::holds_alternative<Beat>(*envelope.message)) messages.push_back(*envelope.message);
    }
    return messages;
  }
  StackJob join() {
    worker_.send(0, Hello{"worker-host", 7, {0}, "cpu"});
    EXPECT_EQ(step(), std::nullopt);
    return job_in(received());
  }
  static StackJob job_in(const std::vector<Message>& messages) {
    for (const Message& message : messages) {
      if (const auto* assign = std::get_if<Assign>(&message)) return assign->job;
    }
    ADD_FAILURE() << "no assignment came";
    StackJob none;
    none.trials.resize(1);
    return none;
  }
  void report(const TrialJob& trial, AttemptEvent event) {
    worker_.send(0, Report{trial.spec.id, trial.attempt, std::move(event)});
  }
  static AttemptFinished finished() {
    AttemptFinished event;
    event.result.epochs = 2;
    event.result.weights_sha256 = std::string(64, '0');
    return event;
  }
  storage::StateCounts counts() { return store_.sweep(sweep_)->summary.counts; }

  static constexpr double kBegin = 1.7e9;

  storage::MemoryStore store_;
  SweepId sweep_;
  std::shared_ptr<transport::LoopbackHub> hub_;
  transport::LoopbackTransport endpoint_;
  testing_support::FaultyTransport faulty_;
  transport::LoopbackTransport worker_, second_, third_;
  WatchedWriter writer_;
  std::unique_ptr<Coordinator> coordinator_;
  TimePoint now_{};
  std::vector<std::string> lines_;
  int node_crashes_ = 3;
  NodeBook book_;
};

}  // namespace mer::orchestrator
