#include "cli/mpirun.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/shell.hpp"
#include "cli/srun.hpp"
#include "tests/support/temp_dir.hpp"

namespace mer::cli {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

LaunchOptions options() {
  return {.programs = "/opt/mer/bin", .store = "/data/store", .sweep = SweepId{7}, .workers = 3};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

TEST(MpirunArgumentsTest, StartOneCoordinatorAndTheWorkers) {
  const std::string line = joined(mpirun_arguments(options()));

  EXPECT_NE(line.find("-n 1 /opt/mer/bin/mer-coordinator --store /data/store --sweep 7 : -n 3 /opt/mer/bin/mer-worker"),
            std::string::npos)
      << line;
}

TEST(LaunchEnvironmentTest, WhatAJobAskedForEachTaskBecomesTheGpusOfTheNode) {
  const std::vector<const char*> inherited = {"PATH=/bin", "SLURM_GPUS_PER_TASK=1", "SLURM_NTASKS_PER_GPU=2",
                                              "SLURM_GPUS_ON_NODE=4", nullptr};

  EXPECT_THAT(launch_environment(inherited.data(), {}),
              testing::ElementsAre("PATH=/bin", "SLURM_GPUS_ON_NODE=4", "SLURM_GRES=gpu:4"));
}

TEST(LaunchEnvironmentTest, GpusOfEachNodeNeedNoWord) {
  const std::vector<const char*> inherited = {"SLURM_GPUS_PER_NODE=4", "SLURM_GPUS_ON_NODE=4", nullptr};

  EXPECT_THAT(launch_environment(inherited.data(), {}),
              testing::ElementsAre("SLURM_GPUS_PER_NODE=4", "SLURM_GPUS_ON_NODE=4"));
}

TEST(LaunchEnvironmentTest, DefaultsStandBackBehindWhatIsSet) {
  const std::vector<const char*> inherited = {"SLURM_OVERLAP=0", "OMPI_MCA_btl_base=1", nullptr};

  EXPECT_THAT(launch_environment(inherited.data(), {"SLURM_OVERLAP=1", "OMPI_MCA_btl=tcp"}),
              testing::ElementsAre("SLURM_OVERLAP=0", "OMPI_MCA_btl_base=1", "OMPI_MCA_btl=tcp"));
}

TEST(MpirunArgumentsTest, StartAGatewayWhereTheWorkersJoinARun) {
  LaunchOptions joining = options();
  joining.join = true;
  joining.web = false;
  joining.limits.patience = std::chrono::minutes(2);
  const std::string line = joined(mpirun_arguments(joining));

  EXPECT_NE(
      line.find("-n 1 /opt/mer/bin/mer-gateway --store /data/store --patience 120 : -n 3 /opt/mer/bin/mer-worker"),
      std::string::npos)
      << line;
}

TEST(MpirunArgumentsTest, TellTheGatewayHowLongItsWorkersMayBeIdle) {
  LaunchOptions joining = options();
  joining.join = true;
  joining.limits = {.idle = std::chrono::minutes(5), .patience = std::chrono::minutes(10)};

  EXPECT_THAT(joined(mpirun_arguments(joining)),
              HasSubstr("mer-gateway --store /data/store --patience 600 --idle-seconds 300 : "));
}

TEST(MpirunArgumentsTest, StartTheGatewayOnTheFirstNodeOfAJobThatJoins) {
  LaunchOptions joining = options();
  joining.join = true;
  joining.hosts = {{"n1", 2}, {"n2", 3}};

  EXPECT_THAT(joined(mpirun_arguments(joining)),
              HasSubstr("-n 1 --host n1 /opt/mer/bin/mer-gateway --store /data/store --patience 0 "
                        ": -n 2 --host n1 /opt/mer/bin/mer-worker : -n 3 --host n2 /opt/mer/bin/mer-worker"));
}

TEST(MpirunVariablesTest, KeepACoordinatorOfThisMachineToItUnlessTheEnvironmentSaysMore) {
  LaunchOptions alone = options();
  alone.alone = true;
  EXPECT_THAT(mpirun_variables(alone), testing::IsEmpty());
  alone.this_machine = true;

  EXPECT_THAT(mpirun_variables(alone),
              testing::ElementsAre("MER_GATEWAY_ADDRESS=127.0.0.1", "MER_WEB_ADDRESS=127.0.0.1"));
}

TEST(MpirunArgumentsTest, StartACoordinatorAloneWithoutMpirun) {
  LaunchOptions alone = options();
  EXPECT_EQ(joined(coordinator_arguments(alone)), "/opt/mer/bin/mer-coordinator --alone --store /data/store --sweep 7");
  alone.sweep = {};
  alone.stay = true;
  alone.web = false;
  EXPECT_EQ(joined(coordinator_arguments(alone)),
            "/opt/mer/bin/mer-coordinator --alone --store /data/store --stay --no-web");
}

TEST(MpirunArgumentsTest, LeaveBindingToTheAgents) {
  const std::string line = joined(mpirun_arguments(options()));

  EXPECT_NE(line.find("--bind-to none --oversubscribe"), std::string::npos) << line;
}

TEST(MpirunArgumentsTest, AllowRootOnlyForRoot) {
  LaunchOptions root = options();
  root.as_root = true;

  EXPECT_THAT(mpirun_arguments(root), Contains("--allow-run-as-root"));
  EXPECT_THAT(mpirun_arguments(options()), Not(Contains("--allow-run-as-root")));
}

TEST(MpirunArgumentsTest, PassOnThatNoPageIsWanted) {
  LaunchOptions quiet = options();
  quiet.web = false;

  EXPECT_THAT(mpirun_arguments(quiet), Contains("--no-web"));
  EXPECT_THAT(mpirun_arguments(options()), Not(Contains("--no-web")));
}

LaunchOptions over_nodes() {
  LaunchOptions launch = options();
  launch.hosts = {{"n1", 2}, {"n2", 3}, {"n3", 0}};
  return launch;
}

TEST(MpirunArgumentsTest, PutTheCoordinatorOnTheFirstNodeAndWorkersOnAll) {
  const std::string line = joined(mpirun_arguments(over_nodes()));

  EXPECT_THAT(line, HasSubstr("-n 1 --host n1 /opt/mer/bin/mer-coordinator --store /data/store --sweep 7 : "
                              "-n 2 --host n1 /opt/mer/bin/mer-worker : -n 3 --host n2 /opt/mer/bin/mer-worker"));
  EXPECT_THAT(line, Not(HasSubstr("n3")));
}

TEST(MpirunArgumentsTest, LeaveTheNetworkOfSeveralNodesToTheSite) {
  EXPECT_THAT(mpirun_arguments(options()), Contains("btl_tcp_if_include"));
  EXPECT_THAT(mpirun_arguments(over_nodes()), Not(Contains("btl_tcp_if_include")));
  EXPECT_THAT(mpirun_arguments(over_nodes()), Not(Contains("oob_tcp_if_include")));
}

TEST(SrunArgumentsTest, LayOutTheCoordinatorAndThenTheWorkersOverTheNodes) {
  const std::vector<std::string> words = srun_arguments(over_nodes());

  EXPECT_THAT(words, Contains("--nodelist=n1,n1,n1,n2,n2,n2"));
  EXPECT_THAT(words, Contains("--distribution=arbitrary"));
  EXPECT_THAT(words, Contains("--nodes=2"));
  EXPECT_THAT(words, Contains("--ntasks=6"));
}

TEST(SrunArgumentsTest, OnOneMachineItsNodeIsWhereItIs) {
  const std::string line = joined(srun_arguments(options()));

  EXPECT_THAT(line, HasSubstr("--nodes=1 --ntasks=4 sh -c "));
  EXPECT_THAT(line, Not(HasSubstr("--nodelist")));
}

TEST(SrunArgumentsTest, EndTheStepWithAnyRankAndLeaveCoresToTheAgents) {
  const std::vector<std::string> words = srun_arguments(options());

  for (const char* word : {"--mpi=pmix", "--kill-on-bad-exit=1", "--quit-on-interrupt", "--overlap", "--cpu-bind=none"})
    EXPECT_THAT(words, Contains(word));
}

// What sh makes of the command of a step's task with that number.
std::string becomes(const LaunchOptions& launch, const std::string& task) {
  std::vector<std::string> words = srun_arguments(launch);
  words.erase(words.begin(), std::ranges::find(words, "sh"));
  words.insert(words.begin(), {"env", "SLURM_PROCID=" + task});
  return run_program(words).text;
}

TEST(SrunArgumentsTest, TaskZeroIsTheCoordinatorAndTheOthersAreWorkers) {
  const testing_support::TempDir folder;
  LaunchOptions launch = options();
  launch.programs = folder.path();
  for (const char* name : {"mer-coordinator", "mer-worker"}) {
    std::ofstream(folder.path() / name) << "#!/bin/sh\necho " << name << " \"$@\"\n";
    fs::permissions(folder.path() / name, fs::perms::owner_all);
  }

  EXPECT_EQ(becomes(launch, "0"), "mer-coordinator --store /data/store --sweep 7\n");
  EXPECT_EQ(becomes(launch, "3"), "mer-worker\n");
}

TEST(LauncherTest, IsMpirunOrSrunOrLeftOpen) {
  EXPECT_EQ(launcher_from("mpirun").value(), Launcher::mpirun);
  EXPECT_EQ(launcher_from("srun").value(), Launcher::srun);
  EXPECT_EQ(launcher_from("auto").value(), std::nullopt);
  EXPECT_EQ(launcher_from("").value(), std::nullopt);
  EXPECT_THAT(launcher_from("ssh").error().message, HasSubstr("\"ssh\""));
}

// PATH is a folder of the test's own.
class MpirunStartTest : public testing::Test {
 protected:
  MpirunStartTest() { ::setenv("PATH", folder_.path().c_str(), 1); }
  ~MpirunStartTest() override {
    ::setenv("PATH", path_.c_str(), 1);
    ::unsetenv("SLURM_JOB_ID");
    ::unsetenv("MER_LAUNCHER");
    ::unsetenv("SLURM_OVERLAP");
  }

  void install_mpirun(const std::string& text, fs::perms mode) { install("mpirun", text, mode); }

  void install(const std::string& name, const std::string& text, fs::perms mode) {
    const fs::path file = folder_.path() / name;
    std::ofstream(file) << text;
    fs::permissions(file, mode);
  }

  // What an mpirun prints that is this script.
  std::string output_of(const std::string& script, const LaunchOptions& launch) {
    install_mpirun("#!/bin/sh\n" + script + "\n", fs::perms::owner_all);
    Result<Mpirun> started = Mpirun::start(launch);
    EXPECT_TRUE(started.ok()) << started.error().message;
    std::string output;
    while (!started->ended()) output += started->read_output(50);
    return output;
  }

  testing_support::TempDir folder_;
  const std::string path_ = std::getenv("PATH");
};

TEST_F(MpirunStartTest, SaysThatMpirunIsNotThereAndHowToGetIt) {
  const Result<Mpirun> started = Mpirun::start(options());

  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ErrorCode::unavailable);
  EXPECT_THAT(started.error().message, HasSubstr("mpirun was not found on PATH (No such file or directory)"));
  EXPECT_THAT(started.error().message, HasSubstr("openmpi-bin"));
  EXPECT_THAT(started.error().message, HasSubstr("merctl doctor"));
}

TEST_F(MpirunStartTest, SaysWhyMpirunCannotBeExecuted) {
  install_mpirun("no program", fs::perms::owner_read);

  const Result<Mpirun> started = Mpirun::start(options());

  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, ErrorCode::unavailable);
  EXPECT_THAT(started.error().message, HasSubstr("mpirun cannot be started (Permission denied)"));
}

TEST_F(MpirunStartTest, HandsOnTheOutputOfAnMpirunThatStarts) {
  EXPECT_EQ(output_of("echo ready", options()), "ready\n");
}

TEST_F(MpirunStartTest, LetsStepsOfSlurmOverlapUnlessSomeoneChose) {
  const std::string script = "echo \"<$SLURM_OVERLAP>\"";
  EXPECT_EQ(output_of(script, options()), "<>\n");
  EXPECT_EQ(output_of(script, over_nodes()), "<1>\n");
  ::setenv("SLURM_OVERLAP", "0", 1);
  EXPECT_EQ(output_of(script, over_nodes()), "<0>\n");
}

TEST_F(MpirunStartTest, TakesSrunWhereSomeoneChoseIt) {
  LaunchOptions by_slurm = over_nodes();
  by_slurm.launcher = Launcher::srun;
  install("srun", "#!/bin/sh\necho \"$1 $OMPI_MCA_btl\"\n", fs::perms::owner_all);

  EXPECT_EQ(output_of("echo mpirun", by_slurm), "--mpi=pmix self,tcp\n");
  ::setenv("SLURM_JOB_ID", "7", 1);
  ::setenv("MER_LAUNCHER", "srun", 1);
  EXPECT_EQ(choose_launcher(true).value(), Launcher::srun);
  ::unsetenv("SLURM_JOB_ID");
  EXPECT_THAT(choose_launcher(true).error().message, HasSubstr("no job of Slurm's"));
}

TEST_F(MpirunStartTest, TakesSrunInAJobWhereMpirunStartsNothing) {
  install("timeout", "#!/bin/sh\nshift\nexec \"$@\"\n", fs::perms::owner_all);
  install("srun", "#!/bin/sh\n", fs::perms::owner_all);
  install_mpirun("#!/bin/sh\nexit 1\n", fs::perms::owner_all);
  EXPECT_EQ(choose_launcher(true).value(), Launcher::mpirun) << "no job of Slurm's";
  ::setenv("SLURM_JOB_ID", "7", 1);
  EXPECT_EQ(choose_launcher(true).value(), Launcher::srun);
  install_mpirun("#!/bin/sh\n", fs::perms::owner_all);
  EXPECT_EQ(choose_launcher(true).value(), Launcher::mpirun);
}

// Slurm ends a job with TERM to all its processes: an mpirun that hears it kills its ranks within a second.
TEST_F(MpirunStartTest, DoesNotHearTheBatchSystemsTerm) {
  EXPECT_EQ(output_of("kill -TERM $$; echo still here", options()), "still here\n");
}

}  // namespace
}  // namespace mer::cli
