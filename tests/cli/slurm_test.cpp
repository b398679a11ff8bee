#include "cli/slurm.hpp"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>

#include "cli/slurm_jobs.hpp"
#include "cli/temporary_folder.hpp"

namespace mer::cli {
namespace {

// Slurm's commands as scripts in front of PATH.
class SlurmTest : public ::testing::Test {
 protected:
  SlurmTest() : folder_(*TemporaryFolder::make("mer-slurm-test")), path_(std::getenv("PATH")) {
    ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
    std::filesystem::create_directories(jobs_folder(folder_.path()));
  }
  ~SlurmTest() override { ::setenv("PATH", path_.c_str(), 1); }

  void stand_in(const std::string& name, const std::string& body) {
    const std::string file = (folder_.path() / name).string();
    std::ofstream(file) << "#!/bin/sh\n" << body << "\n";
    ::chmod(file.c_str(), 0755);
  }
  const std::filesystem::path& store() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

TEST_F(SlurmTest, SbatchAnswersTheJobsIdWhateverStandsBeforeIt) {
  stand_in("sbatch", "echo 'sbatch: warning: be brief'; echo '4711;cluster'");
  EXPECT_EQ(*sbatch({"job.sbatch"}), "4711");
}

TEST_F(SlurmTest, ARefusalIsSaidInSlurmsWordsAndNotTriedAgain) {
  stand_in("sbatch",
           "echo x >> $(dirname $0)/tries; echo 'sbatch: error: invalid partition specified: gpuu' >&2; exit 1");

  const auto refused = sbatch({"job.sbatch"});

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_NE(refused.error().message.find("invalid partition specified: gpuu"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(store() / "tries"), 2U);
}

TEST_F(SlurmTest, AControllerThatIsAwayForAMomentIsAskedAgain) {
  stand_in("sbatch",
           "if [ ! -e $(dirname $0)/tried ]; then touch $(dirname $0)/tried; echo 'sbatch: error: Batch job submission "
           "failed: Socket timed out on send/recv operation' >&2; exit 1; fi; echo 12");
  EXPECT_EQ(*sbatch({"job.sbatch"}), "12");
}

TEST(QueuedJobsFromTest, ReadsEachLine) {
  const auto jobs = queued_jobs_from(
      "12|RUNNING|None|n[1-3]|1:02:03|2026-11-27T08:00:00\n13|PENDING|Priority||2:00:00|N/A\nrubbish\n");

  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_EQ(jobs[0].id, "12");
  EXPECT_EQ(jobs[0].nodes, "n[1-3]");
  EXPECT_EQ(jobs[0].left, "1:02:03");
  EXPECT_EQ(jobs[0].reason, "");
  EXPECT_EQ(jobs[1].state, "PENDING");
  EXPECT_EQ(jobs[1].reason, "Priority");
  EXPECT_EQ(jobs[1].start, "");
}

TEST_F(SlurmTest, JobsAreShownUntilTheQueueForgetsThem) {
  ASSERT_TRUE(note_job(store(), {"9", "mer-1-abc", SweepId{1}, 1.0}).ok());
  ASSERT_TRUE(note_job(store(), {"12", "mer-1-abc", SweepId{1}, 2.0}).ok());
  stand_in("squeue", "echo '12|PENDING|Dependency||1:00:00|N/A'");

  const std::string text = jobs_text(store());

  EXPECT_NE(text.find("12"), std::string::npos) << text;
  EXPECT_NE(text.find("Dependency"), std::string::npos) << text;
  const auto noted = noted_jobs(store());
  ASSERT_EQ(noted.size(), 2U);
  EXPECT_TRUE(noted[0].over);
  EXPECT_FALSE(noted[1].over);
}

TEST_F(SlurmTest, WithoutJobsSlurmIsNotAsked) {
  stand_in("squeue", "touch $(dirname $0)/asked");
  EXPECT_EQ(jobs_text(store()), "");
  EXPECT_FALSE(std::filesystem::exists(store() / "asked"));
}

TEST_F(SlurmTest, AQueueThatDoesNotAnswerIsALineNotAFailure) {
  ASSERT_TRUE(note_job(store(), {"12", "mer-1-abc", SweepId{1}, 2.0}).ok());
  stand_in("squeue", "echo 'squeue: error: no such cluster' >&2; exit 1");

  EXPECT_NE(jobs_text(store()).find("jobs: squeue refused: squeue: error: no such cluster"), std::string::npos);
  EXPECT_FALSE(noted_jobs(store()).front().over);
}

TEST_F(SlurmTest, WhenTheQueueKnowsNoneOfThemAllAreOver) {
  ASSERT_TRUE(note_job(store(), {"12", "mer-1-abc", SweepId{1}, 2.0}).ok());
  stand_in("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");

  EXPECT_EQ(jobs_text(store()), "");
  EXPECT_TRUE(noted_jobs(store()).front().over);
}

TEST_F(SlurmTest, AFileThatIsNoJobsIsLeftOut) {
  std::ofstream(jobs_folder(store()) / "1.json") << "{}";
  std::ofstream(jobs_folder(store()) / "2.json") << "[";
  EXPECT_TRUE(noted_jobs(store()).empty());
}

}  // namespace
}  // namespace mer::cli
