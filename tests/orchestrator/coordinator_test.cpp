// The coordinator over a memory store, with a worker that the test plays.
#include "core/json.hpp"
#include "tests/orchestrator/coordinator_fixture.hpp"

namespace mer::orchestrator {
namespace {

using namespace std::chrono_literals;

using CoordinatorTest = CoordinatorFixture;

TEST_F(CoordinatorTest, AnAttemptsEnvironmentNamesTheJobsLibrariesBesideItsTrainers) {
  const StackJob job = join();
  AttemptStarted started;
  started.environment.versions = R"({"compiler": "of the trainer", "libtorch": "2"})";

  report(job.trials[0], started);
  ASSERT_EQ(step(), std::nullopt);

  const auto detail = *store_.trial(job.trials[0].spec.id);
  ASSERT_TRUE(detail.attempts.at(0).environment.has_value());
  EXPECT_EQ(detail.attempts[0].environment->versions,
            R"({"compiler":"of the trainer","libtorch":"2","mpi":"Open MPI v4"})");
}

TEST_F(CoordinatorTest, AssignmentCarriesTheWholeJob) {
  const StackJob job = join();

  EXPECT_EQ(job.store, "/store");
  EXPECT_EQ(job.corpus_path, "/corpora/tiny");
  EXPECT_EQ(job.device, DeviceChoice::cuda);
  EXPECT_EQ(job.gpu_fraction, 0.5);
  EXPECT_TRUE(job.broadcast_features);
  ASSERT_EQ(job.trials.size(), 1U);
  EXPECT_EQ(job.trials[0].attempt, 1);
  EXPECT_EQ(job.trials[0].spec.train.epochs, 2);
}

TEST_F(CoordinatorTest, AWorkerGetsAsManyTrialsAsItsTrainerWants) {
  join();
  worker_.send(0, Capacity{2});
  step();

  const StackJob job = job_in(received());
  EXPECT_EQ(job.trials.size(), 1U);
  EXPECT_EQ(counts().running, 2);
}

TEST_F(CoordinatorTest, ClaimIsDurableBeforeTheAssignmentIsSent) {
  int commits = 0;
  writer_.before_commit = [&] {
    ++commits;
    for (const Message& message : received()) EXPECT_FALSE(std::holds_alternative<Assign>(message));
    return Status();
  };
  join();

  EXPECT_EQ(commits, 1);
  EXPECT_EQ(counts().running, 1);
}

TEST_F(CoordinatorTest, FullDiskEndsTheRunAndNothingIsAssigned) {
  writer_.before_commit = [] { return Status(Error{ErrorCode::no_space, "disk full"}); };
  worker_.send(0, Hello{});

  EXPECT_EQ(step(), ExitCode::internal);

  EXPECT_EQ(received(), (std::vector<Message>{Shutdown{}}));
  EXPECT_EQ(counts().pending, 3);
}

TEST_F(CoordinatorTest, AllTrialsDoneEndsWithZeroAndShutsTheWorkersDown) {
  StackJob job = join();
  for (int trial = 0; trial < 2; ++trial) {
    report(job.trials[0], finished());
    EXPECT_EQ(step(), std::nullopt);
    job = job_in(received());
  }
  report(job.trials[0], finished());

  EXPECT_EQ(step(), ExitCode::done);
  EXPECT_EQ(received(), (std::vector<Message>{Shutdown{}}));
  EXPECT_EQ(counts().done, 3);
}

TEST_F(CoordinatorTest, RetryResumesFromTheCommittedCheckpoint) {
  const StackJob job = join();
  const CheckpointRecord checkpoint{job.trials[0].spec.id, 1, 1, "checkpoints/x", std::string(64, 'a'), 10};
  report(job.trials[0], CheckpointSaved{checkpoint});
  report(job.trials[0], AttemptFailed{{Failure::Kind::signal, 11, "crash", ""}});
  step();
  const StackJob other = job_in(received());
  report(other.trials[0], finished());
  now_ += 2s;
  step();

  const StackJob retry = job_in(received());

  EXPECT_EQ(retry.trials[0].spec.id, job.trials[0].spec.id);
  EXPECT_EQ(retry.trials[0].attempt, 2);
  EXPECT_EQ(retry.trials[0].resume, (std::vector<CheckpointRecord>{checkpoint}));
}

TEST_F(CoordinatorTest, PauseEndsWithSixOnceTheTrialIsHandedBack) {
  const StackJob job = join();
  coordinator_->request_pause();
  EXPECT_EQ(step(), std::nullopt);
  EXPECT_EQ(received(), (std::vector<Message>{StopTrials{}}));

  report(job.trials[0], AttemptStopped{1});

  EXPECT_EQ(step(), ExitCode::paused);
  EXPECT_EQ(counts().pending, 3);
}

TEST_F(CoordinatorTest, FailedTrialEndsWithOne) {
  for (int trial = 0; trial < 3; ++trial) {
    const StackJob job = trial == 0 ? join() : job_in(received());
    if (trial == 0) {
      report(job.trials[0], AttemptDiverged{1, 5, "total"});
    } else {
      report(job.trials[0], finished());
    }
    const auto code = step();
    if (trial == 2) {
      EXPECT_EQ(code, ExitCode::some_failed);
    }
  }
  EXPECT_EQ(counts().diverged, 1);
}

TEST_F(CoordinatorTest, SilentWorkerIsLostAndItsTrialIsNotCharged) {
  const StackJob job = join();
  faulty_.cut();
  now_ += 29s;
  EXPECT_EQ(step(), std::nullopt);
  now_ += 2s;

  EXPECT_EQ(step(), ExitCode::internal);

  EXPECT_EQ(counts().running, 0);
  const auto trials = *store_.progress(sweep_);
  for (const auto& trial : trials) EXPECT_EQ(trial.crashes, 0);
}

TEST_F(CoordinatorTest, DuplicatedMessagesCountOnce) {
  faulty_.duplicate();
  const StackJob job = join();
  EpochDone epoch;
  epoch.rows.push_back({Split::test, 1, 8, {}, ConfusionMatrix(2), {}, {}});
  epoch.timing.epoch = 1;
  report(job.trials[0], epoch);
  report(job.trials[0], finished());
  step();

  EXPECT_EQ(counts().done, 1);
  EXPECT_EQ(counts().running, 1);
  EXPECT_EQ(store_.curve(job.trials[0].spec.id, Split::test)->size(), 1U);
}

TEST_F(CoordinatorTest, BeatsEverySecond) {
  int beats = 0;
  for (int i = 0; i < 500; ++i) {
    worker_.send(0, Beat{});
    step();
    for (auto& envelope : worker_.poll()) beats += std::holds_alternative<Beat>(*envelope.message) ? 1 : 0;
  }

  EXPECT_EQ(beats, 5);
}

TEST_F(CoordinatorTest, ProgressAndTrialEndsAreJsonLines) {
  const StackJob job = join();
  report(job.trials[0], AttemptFailed{{Failure::Kind::exit, 3, "trainer exited with status 3", ""}});
  now_ += 1s;
  step();

  std::vector<nlohmann::json> progress, trials;
  for (const std::string& line : lines_) {
    const auto message = nlohmann::json::parse(line);
    (message["type"] == "progress" ? progress : trials).push_back(message);
  }
  ASSERT_EQ(trials.size(), 1U);
  EXPECT_EQ(trials[0]["state"], "retrying");
  EXPECT_EQ(trials[0]["message"], "trainer exited with status 3");
  EXPECT_EQ(trials[0]["trial"], job.trials[0].spec.id.hex);
  ASSERT_FALSE(progress.empty());
  EXPECT_EQ(progress.back()["total"], 3);
  EXPECT_EQ(progress.back()["running"], 1);
  EXPECT_FALSE(progress.back().contains("eta_s"));
}

TEST_F(CoordinatorTest, AGangGetsTrialsByItsLeaderOnceAllOfItAreHere) {
  start(2);
  const Hello hello{"host", 7, {0}, "cpu"};
  worker_.send(0, hello);
  third_.send(0, hello);  // would lead a gang of which nobody else is there
  step();
  EXPECT_TRUE(received().empty());

  second_.send(0, hello);
  step();
  const StackJob job = job_in(received());
  EXPECT_EQ(job.gang, 2);
  EXPECT_EQ(job.gang_rank, 0);
  for (transport::LoopbackTransport* other : {&second_, &third_}) {
    for (const auto& envelope : other->poll()) EXPECT_FALSE(std::holds_alternative<Assign>(*envelope.message));
  }
}

TEST_F(CoordinatorTest, ASilentMemberIsAsBadAsASilentLeader) {
  start(2);
  for (transport::LoopbackTransport* worker : {&worker_, &second_}) worker->send(0, Hello{"host", 7, {0}, "cpu"});
  step();
  EXPECT_EQ(counts().running, 1);
  now_ += 20s;
  worker_.send(0, Beat{});
  third_.send(0, Beat{});
  step();
  now_ += 20s;
  worker_.send(0, Beat{});
  third_.send(0, Beat{});

  EXPECT_EQ(step(), ExitCode::internal);
  EXPECT_EQ(counts().running, 0);
}

}  // namespace
}  // namespace mer::orchestrator
