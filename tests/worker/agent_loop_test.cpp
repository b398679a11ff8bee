// Agent, subprocess and the fake trainer together: what a coordinator hears when a trainer goes wrong.
#include "worker/agent_loop.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/support/temp_dir.hpp"
#include "tests/support/wait_until.hpp"
#include "transport/loopback_transport.hpp"
#include "worker/subprocess.hpp"

namespace mer::worker {
namespace {

using namespace std::chrono_literals;
using testing_support::wait_until;

class AgentLoopTest : public ::testing::Test {
 protected:
  AgentLoopTest() : hub_(std::make_shared<transport::LoopbackHub>(2)), coordinator_(hub_, 0), endpoint_(hub_, 1) {
    limits_.child_silence = 2s;
    limits_.progress = 2s;
    limits_.child_end = 1s;
    ::setenv("MER_FAKE_PIDFILE", pid_file().c_str(), 1);
  }
  ~AgentLoopTest() override {
    for (const char* name : {"MER_FAKE", "MER_FAKE_ATTEMPTS", "MER_FAKE_EPOCH_MS", "MER_FAKE_PIDFILE"})
      ::unsetenv(name);
  }

  static void SetUpTestSuite() { ::unsetenv(kVisibleGpus); }

  void start(const std::string& trainer = MER_FAKE_TRAINER) {
    loop_ = std::make_unique<AgentLoop>(endpoint_, Hello{}, AgentLoopOptions{trainer, {}, 0, gpu_, limits_, {}, log_});
  }

  std::filesystem::path log_file() const { return store_.path() / "logs/t0/1.log"; }
  std::string log() const {
    std::stringstream text;
    text << std::ifstream(log_file()).rdbuf();
    return text.str();
  }

  void assign(int trials = 1, int epochs = 3, const std::string& first = "t", int hidden = 100) {
    StackJob job;
    job.store = store_.path().string();
    for (int i = 0; i < trials; ++i) {
      TrialJob trial;
      trial.spec.id.hex = first + std::to_string(i);
      trial.spec.model.hidden = hidden;
      trial.spec.seed = 1;
      trial.spec.train.epochs = epochs;
      job.trials.push_back(trial);
    }
    coordinator_.send(1, Assign{job});
  }

  // Rounds until an attempt has ended; its event.
  template <class Event>
  Event run_until() {
    std::optional<Event> found;
    EXPECT_TRUE(wait_until([&] {
      step();
      for (const Report& report : reports_) {
        if (const auto* event = std::get_if<Event>(&report.event)) found = *event;
      }
      return found.has_value();
    }));
    return found.value_or(Event{});
  }

  void step() {
    coordinator_.send(1, Beat{});
    loop_->step(std::chrono::steady_clock::now());
    for (const auto& envelope : coordinator_.poll()) {
      if (const auto* report = std::get_if<Report>(&*envelope.message)) reports_.push_back(*report);
    }
  }

  std::string pid_file() const { return (store_.path() / "pids").string(); }
  // "pid core core .." of the n-th child, once it is there.
  std::string child_line(std::size_t number) {
    std::string line;
    EXPECT_TRUE(wait_until([&] {
      step();
      std::ifstream file(pid_file());
      std::size_t count = 0;
      while (std::getline(file, line)) {
        if (count++ == number) return true;
      }
      return false;
    }));
    return line;
  }

  testing_support::TempDir store_;
  std::shared_ptr<transport::LoopbackHub> hub_;
  transport::LoopbackTransport coordinator_, endpoint_;
  GpuOfWorker gpu_;
  AgentLimits limits_;
  LogLimits log_;
  std::unique_ptr<AgentLoop> loop_;
  std::vector<Report> reports_;
};

TEST_F(AgentLoopTest, TrainsAStackToItsEnd) {
  start();
  assign(2);

  EXPECT_TRUE(wait_until([&] {
    step();
    return std::ranges::count_if(reports_, [](const Report& r) { return ends_attempt(r.event); }) == 2;
  }));

  EXPECT_EQ(reports_.size(), 2U * (1 + 3 * 2 + 1));  // started, (epoch, checkpoint) x 3, finished
  EXPECT_TRUE(std::holds_alternative<AttemptFinished>(reports_.back().event));
  std::ifstream log(store_.path() / "logs/t0/1.log");
  std::string line;
  std::getline(log, line);
  EXPECT_EQ(line, "fake trainer of 2 trials");
  std::getline(log, line);
  EXPECT_EQ(line, "GPU any, 1 of it");
  std::ifstream pointer(store_.path() / "logs/t1/1.log");
  std::getline(pointer, line);
  EXPECT_EQ(line, "trained in one stack: see logs/t0/1.log");
}

TEST_F(AgentLoopTest, MeasuresEveryThreeSecondsAndTellsItWithTheNextBeat) {
  int measured = 0;
  AgentLoopOptions options;
  options.measure_use = [&](TimePoint) { return ResourceUse{++measured, 7, std::nullopt, std::nullopt}; };
  loop_ = std::make_unique<AgentLoop>(endpoint_, Hello{}, options);
  std::vector<double> told;
  const TimePoint begin = std::chrono::steady_clock::now();

  for (int tenth = 0; tenth <= 70; ++tenth) {
    loop_->step(begin + tenth * 100ms);
    for (const auto& envelope : coordinator_.poll()) {
      if (const auto* beat = std::get_if<Beat>(&*envelope.message)) told.push_back(beat->use.cpu_cores.value_or(-1));
    }
  }

  EXPECT_EQ(measured, 3);
  EXPECT_EQ(told, (std::vector<double>{1, 1, 1, 2, 2, 2, 3, 3}));
}

TEST_F(AgentLoopTest, GivesItsTrainerOneGpuAndItsShareOfIt) {
  ::setenv(kVisibleGpus, "0,5", 1);
  gpu_ = {"5", 2};
  start();
  assign();

  run_until<AttemptFinished>();

  EXPECT_NE(log().find("\nGPU 5, 0.5 of it\n"), std::string::npos) << log();
  ::unsetenv(kVisibleGpus);
}

TEST_F(AgentLoopTest, TrialsJoinTheTrainerThatRuns) {
  ::setenv("MER_FAKE_EPOCH_MS", "20", 1);
  start();
  assign(1, 3, "t");
  run_until<EpochDone>();
  assign(2, 3, "u");

  EXPECT_TRUE(wait_until([&] {
    step();
    return std::ranges::count_if(reports_, [](const Report& r) { return ends_attempt(r.event); }) == 3;
  }));

  EXPECT_EQ(reports_.back().trial.hex, "u1");
  std::ifstream pids(pid_file());
  EXPECT_EQ(std::count(std::istreambuf_iterator<char>(pids), {}, '\n'), 1);
  std::ifstream pointer(store_.path() / "logs/u1/1.log");
  std::string line;
  std::getline(pointer, line);
  EXPECT_EQ(line, "trained in one stack: see logs/t0/1.log");
}

TEST_F(AgentLoopTest, CrashIsReportedWithSignalAndLog) {
  ::setenv("MER_FAKE", "crash", 1);
  start();
  assign();

  const auto failed = run_until<AttemptFailed>();

  EXPECT_EQ(failed.failure.kind, Failure::Kind::signal);
  EXPECT_EQ(failed.failure.code, SIGSEGV);
  EXPECT_NE(failed.failure.log_tail.find("about to crash"), std::string::npos);
  EXPECT_TRUE(std::holds_alternative<CheckpointSaved>(reports_[reports_.size() - 2].event));  // nothing is lost
}

TEST_F(AgentLoopTest, ATrainerThatPrintsMoreThanItsLogKeepsCostsNeitherItsBeginningNorItsEnd) {
  ::setenv("MER_FAKE", "flood", 1);
  log_ = {.beginning = 1000, .end = 500};
  start();
  assign();

  const auto failed = run_until<AttemptFailed>();

  EXPECT_TRUE(failed.failure.log_tail.ends_with("line 19999\nabout to crash\n")) << failed.failure.log_tail;
  EXPECT_TRUE(log().starts_with("fake trainer of 1 trials\n"));
  EXPECT_TRUE(log().ends_with("line 19999\nabout to crash\n"));
  EXPECT_NE(log().find(" bytes are left out here]\nline 19"), std::string::npos);
  EXPECT_LT(log().size(), 1800U);
}

TEST_F(AgentLoopTest, ALogThatCannotBeWrittenHurtsNobody) {
  std::filesystem::create_directories(log_file().parent_path());
  std::filesystem::create_symlink("/dev/full", log_file());
  ::setenv("MER_FAKE", "flood", 1);
  start();
  assign();
  const auto failed = run_until<AttemptFailed>();
  EXPECT_TRUE(failed.failure.log_tail.ends_with("about to crash\n"));

  ::unsetenv("MER_FAKE");
  assign(1, 3, "u");

  run_until<AttemptFinished>();
}

TEST_F(AgentLoopTest, ShutdownKeepsWhatTheTrainerHasPrinted) {
  ::setenv("MER_FAKE_EPOCH_MS", "600000", 1);
  log_ = {.beginning = 4, .end = 500};
  start();
  assign();
  run_until<AttemptStarted>();

  coordinator_.send(1, Shutdown{});
  loop_->step(std::chrono::steady_clock::now());

  EXPECT_NE(log().find("\nGPU any, 1 of it\n"), std::string::npos) << log();
}

TEST_F(AgentLoopTest, ExitStatusIsReported) {
  ::setenv("MER_FAKE", "exit3", 1);
  start();
  assign();

  const auto failed = run_until<AttemptFailed>();

  EXPECT_EQ(failed.failure.kind, Failure::Kind::exit);
  EXPECT_EQ(failed.failure.code, 3);
}

TEST_F(AgentLoopTest, KilledTrainerIsReportedWithinASecond) {
  ::setenv("MER_FAKE_EPOCH_MS", "600000", 1);
  start();
  assign();
  run_until<AttemptStarted>();

  const auto begin = std::chrono::steady_clock::now();
  ::kill(std::stoi(child_line(0)), SIGKILL);
  const auto failed = run_until<AttemptFailed>();

  EXPECT_EQ(failed.failure.code, SIGKILL);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
}

TEST_F(AgentLoopTest, StoppedTrainerIsKilledAsHung) {
  ::setenv("MER_FAKE", "silent", 1);
  start();
  assign();

  const auto failed = run_until<AttemptFailed>();

  EXPECT_EQ(failed.failure.kind, Failure::Kind::hang);
  EXPECT_NE(failed.failure.message.find("no sign of life"), std::string::npos);
}

TEST_F(AgentLoopTest, StuckTrainerIsKilledAsHung) {
  ::setenv("MER_FAKE", "hang", 1);
  start();
  assign();

  const auto failed = run_until<AttemptFailed>();

  EXPECT_EQ(failed.failure.kind, Failure::Kind::hang);
  EXPECT_NE(failed.failure.message.find("no training step"), std::string::npos);
}

TEST_F(AgentLoopTest, TruncatedFrameIsAFailure) {
  ::setenv("MER_FAKE", "truncated", 1);
  start();
  assign();

  EXPECT_NE(run_until<AttemptFailed>().failure.message.find("in the middle of a message"), std::string::npos);
}

TEST_F(AgentLoopTest, GarbageIsAFailure) {
  ::setenv("MER_FAKE", "garbage", 1);
  start();
  assign();

  EXPECT_NE(run_until<AttemptFailed>().failure.message.find("not a message"), std::string::npos);
}

TEST_F(AgentLoopTest, TrainerThatDoesNotLeaveMakesRoomForTheNext) {
  ::setenv("MER_FAKE", "linger", 1);
  start();
  assign();
  run_until<AttemptFinished>();
  ::unsetenv("MER_FAKE");

  assign(1, 3, "wide", 200);
  child_line(1);

  EXPECT_TRUE(std::ranges::none_of(
      reports_, [](const Report& report) { return std::holds_alternative<AttemptFailed>(report.event); }));
}

TEST_F(AgentLoopTest, MissingTrainerIsAFailureThatNamesIt) {
  start("/nowhere/mer-trainer");
  assign();

  const auto failed = run_until<AttemptFailed>();

  EXPECT_EQ(failed.failure.kind, Failure::Kind::start);
  EXPECT_NE(failed.failure.message.find("/nowhere/mer-trainer"), std::string::npos);
}

TEST_F(AgentLoopTest, StopIsAnsweredWithTheEpochsDone) {
  ::setenv("MER_FAKE_EPOCH_MS", "50", 1);
  start();
  assign(1, 10000);
  run_until<CheckpointSaved>();

  coordinator_.send(1, StopTrials{});

  EXPECT_GE(run_until<AttemptStopped>().epoch, 1);
}

TEST_F(AgentLoopTest, ShutdownEndsTheTrainer) {
  ::setenv("MER_FAKE_EPOCH_MS", "600000", 1);
  start();
  assign();
  run_until<AttemptStarted>();
  const pid_t child = std::stoi(child_line(0));

  coordinator_.send(1, Shutdown{});

  EXPECT_EQ(loop_->step(std::chrono::steady_clock::now()), ExitCode::done);
  EXPECT_EQ(::kill(child, 0), -1);
}

TEST_F(AgentLoopTest, LongJobDoesNotBlockOnAFullPipe) {
  ::setenv("MER_FAKE_EPOCH_MS", "0", 1);
  start();
  assign(300, 1);  // a job of more bytes than a pipe holds

  EXPECT_TRUE(wait_until([&] {
    step();
    return std::ranges::count_if(reports_, [](const Report& r) { return ends_attempt(r.event); }) == 300;
  }));
}

// The child's end, and what it printed until then.
std::optional<ExitStatus> end_of(Subprocess& child, std::string& printed) {
  std::optional<ExitStatus> status;
  EXPECT_TRUE(wait_until([&] {
    status = child.reap();
    printed += child.read_printed();
    return status.has_value();
  }));
  return status;
}

TEST(SubprocessTest, ChildSeesNoMpiVariablesAndItsCores) {
  ::setenv("OMPI_COMM_WORLD_RANK", "1", 1);
  ::setenv("PMIX_RANK", "1", 1);
  for (const char* name : {"SLURM_PROCID", "SLURM_STEP_ID", "SLURM_STEP_GPUS"}) ::setenv(name, "1", 1);
  ::setenv("MER_TEST_KEPT", "yes", 1);
  cpu_set_t allowed;
  ::sched_getaffinity(0, sizeof(allowed), &allowed);
  int core = 0;
  while (!CPU_ISSET(core, &allowed)) ++core;

  auto child = Subprocess::start({"/bin/sh", {"-c", "env; grep Cpus_allowed_list /proc/self/status"}, {core}});
  ASSERT_TRUE(child.ok());
  std::string printed;
  EXPECT_EQ(end_of(*child, printed), (ExitStatus{false, 0}));
  for (const char* name : {"SLURM_PROCID", "SLURM_STEP_ID", "SLURM_STEP_GPUS"}) ::unsetenv(name);

  EXPECT_EQ(printed.find("SLURM_PROCID"), std::string::npos);
  EXPECT_EQ(printed.find("SLURM_STEP_ID"), std::string::npos);
  EXPECT_NE(printed.find("SLURM_STEP_GPUS=1"), std::string::npos) << "trainers ask what Slurm gave";
  EXPECT_EQ(printed.find("OMPI_"), std::string::npos);
  EXPECT_EQ(printed.find("PMIX_"), std::string::npos);
  EXPECT_NE(printed.find("MER_TEST_KEPT=yes"), std::string::npos);
  EXPECT_NE(printed.find("Cpus_allowed_list:\t" + std::to_string(core) + "\n"), std::string::npos);
}

TEST(SubprocessTest, WhatAChildPrintsComesInItsOrderFromBothStreams) {
  auto child = Subprocess::start({"/bin/sh", {"-c", "echo one; echo two >&2; echo three"}, {}});
  ASSERT_TRUE(child.ok());

  std::string printed;
  EXPECT_EQ(end_of(*child, printed), (ExitStatus{false, 0}));

  EXPECT_EQ(printed, "one\ntwo\nthree\n");
}

// Slurm sends them to every process of a job; what follows is the coordinator's decision.
TEST(SubprocessTest, ChildDoesNotHearTheBatchSystemsSignals) {
  auto child = Subprocess::start({"/bin/sh", {"-c", "kill -TERM $$; kill -USR1 $$; echo still here"}, {}});
  ASSERT_TRUE(child.ok());

  std::string printed;
  EXPECT_EQ(end_of(*child, printed), (ExitStatus{false, 0}));

  EXPECT_EQ(printed, "still here\n");
}

TEST(SubprocessTest, AChildThatPrintsFasterThanItIsReadWaits) {
  auto child = Subprocess::start({"/bin/sh", {"-c", "head -c 3000000 /dev/zero; echo end"}, {}});
  ASSERT_TRUE(child.ok());
  std::string printed;
  EXPECT_EQ(end_of(*child, printed), (ExitStatus{false, 0}));

  EXPECT_EQ(printed.size(), 3000004U);
  EXPECT_TRUE(printed.ends_with("end\n"));
}

TEST(SubprocessTest, AGrandchildThatPrintsWithoutEndHoldsNobodyUp) {
  const testing_support::TempDir folder;
  const std::string pid_file = (folder.path() / "pid").string();
  auto child = Subprocess::start({"/bin/sh", {"-c", "yes & echo $! > " + pid_file}, {}});
  ASSERT_TRUE(child.ok());
  EXPECT_TRUE(wait_until([&] { return child->reap().has_value(); }));

  EXPECT_LT(child->read_printed().size(), std::size_t{2} << 20);
  EXPECT_LT(child->read_printed().size(), std::size_t{2} << 20);

  pid_t grandchild = 0;
  std::ifstream(pid_file) >> grandchild;
  ASSERT_GT(grandchild, 0);
  ::kill(grandchild, SIGKILL);
}

TEST(SubprocessTest, ChildDiesWithItsParent) {
  const testing_support::TempDir folder;
  const std::string pid_file = (folder.path() / "pid").string();
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    auto child = Subprocess::start({"/bin/sleep", {"600"}, {}});
    if (child.ok()) std::ofstream(pid_file) << child->pid() << "\n" << std::flush;
    ::raise(SIGKILL);
  }
  ::waitpid(parent, nullptr, 0);
  pid_t orphan = 0;
  std::ifstream(pid_file) >> orphan;

  ASSERT_GT(orphan, 0);
  const std::string state_file = "/proc/" + std::to_string(orphan) + "/stat";
  EXPECT_TRUE(wait_until([&] {  // gone, or a zombie that nobody has reaped
    std::string pid, name, state;
    std::ifstream(state_file) >> pid >> name >> state;
    return state.empty() || state == "Z";
  }));
}

TEST(SubprocessTest, WritingToAChildThatIsGoneEndsNothing) {
  ::signal(SIGPIPE, SIG_DFL);
  auto child = Subprocess::start({"/bin/true", {}, {}});
  ASSERT_TRUE(child.ok());
  EXPECT_TRUE(wait_until([&] { return child->reap().has_value(); }));

  child->write("to nobody");
  child->write("again");

  EXPECT_TRUE(child->read().empty());
}

// Two workers and a coordinator; worker 1 leads.
class GangLoopTest : public ::testing::Test {
 protected:
  GangLoopTest()
      : hub_(std::make_shared<transport::LoopbackHub>(3)), coordinator_(hub_, 0), leader_(hub_, 1), member_(hub_, 2) {
    AgentLimits limits;
    limits.child_silence = 2s;
    limits.child_idle = 1s;
    for (transport::LoopbackTransport* endpoint : {&leader_, &member_}) {
      loops_.push_back(
          std::make_unique<AgentLoop>(*endpoint, Hello{}, AgentLoopOptions{MER_FAKE_TRAINER, {}, 0, {}, limits}));
    }
  }
  ~GangLoopTest() override {
    for (const char* name : {"MER_FAKE", "MER_FAKE_MEMBER"}) ::unsetenv(name);
  }

  void assign(int attempt, int epochs = 3) {
    TrialJob trial;
    trial.spec.id.hex = "t";
    trial.attempt = attempt;
    trial.spec.seed = 1;
    trial.spec.train.epochs = epochs;
    StackJob job;
    job.store = store_.path().string();
    job.gang = 2;
    job.trials = {trial};
    coordinator_.send(1, Assign{job});
  }
  // The trial's end.
  AttemptEvent end() {
    std::optional<AttemptEvent> found;
    EXPECT_TRUE(wait_until([&] {
      step();
      for (const auto& envelope : coordinator_.poll()) {
        const auto* report = std::get_if<Report>(&*envelope.message);
        if (report == nullptr) continue;
        EXPECT_EQ(envelope.from, 1) << "a member reported";
        if (std::holds_alternative<EpochDone>(report->event)) ++epochs_;
        if (ends_attempt(report->event)) found = report->event;
      }
      return found.has_value();
    }));
    return found.value_or(AttemptStarted{});
  }
  void step() {
    for (const int rank : {1, 2}) coordinator_.send(rank, Beat{});
    for (const auto& loop : loops_) loop->step(std::chrono::steady_clock::now());
  }
  std::string log(const std::string& name) const {
    std::ifstream file(store_.path() / "logs/t" / name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  testing_support::TempDir store_;
  std::shared_ptr<transport::LoopbackHub> hub_;
  transport::LoopbackTransport coordinator_, leader_, member_;
  std::vector<std::unique_ptr<AgentLoop>> loops_;
  int epochs_ = 0;
};

TEST_F(GangLoopTest, TrainersAddUpAndOnlyTheLeaderReports) {
  assign(1, 20);
  EXPECT_TRUE(std::holds_alternative<AttemptFinished>(end()));
  EXPECT_EQ(epochs_, 20);
  EXPECT_NE(log("1.log").find("fake trainer of 1 trials"), std::string::npos);
  EXPECT_NE(log("1.member-1.log").find("fake trainer of 1 trials"), std::string::npos);
}

TEST_F(GangLoopTest, AMembersDeathIsTheTrialsFailureAndTheNextAttemptEndsWell) {
  ::setenv("MER_FAKE_MEMBER", "exit3", 1);
  assign(1);
  const AttemptEvent ended = end();
  const auto* failed = std::get_if<AttemptFailed>(&ended);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->failure.message, "worker 2 of the gang: trainer exited with status 3");

  assign(2);
  EXPECT_TRUE(std::holds_alternative<AttemptFinished>(end()));
}

TEST_F(GangLoopTest, AStoppedMemberIsFound) {
  ::setenv("MER_FAKE_MEMBER", "silent", 1);
  assign(1);
  const AttemptEvent ended = end();
  const auto* failed = std::get_if<AttemptFailed>(&ended);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->failure.kind, Failure::Kind::hang);
  assign(2);
  EXPECT_TRUE(std::holds_alternative<AttemptFinished>(end()));
}

TEST_F(GangLoopTest, TheLeadersDeathEndsTheMemberToo) {
  ::setenv("MER_FAKE", "crash", 1);
  assign(1);
  EXPECT_TRUE(std::holds_alternative<AttemptFailed>(end()));
  assign(2);
  EXPECT_TRUE(std::holds_alternative<AttemptFinished>(end()));
}

}  // namespace
}  // namespace mer::worker
