#include "core/gpu.hpp"

#include <cstdlib>
#include <gmock/gmock.h>
#include <string>

namespace mer {
namespace {

using Names = std::vector<std::string>;

TEST(GpuSurveyTest, WithoutADriverSaysSo) {
  const GpuSurvey survey = survey_gpus("libnvidia-ml-that-is-not-there.so");

  EXPECT_TRUE(survey.gpus.empty());
  EXPECT_THAT(survey.problem, testing::HasSubstr("no NVIDIA driver"));
}

TEST(GpuSurveyTest, ReadsWhatTheDriverTells) {
  const GpuSurvey survey = survey_gpus(MER_FAKE_NVML);

  EXPECT_EQ(survey.problem, "");
  EXPECT_EQ(survey.driver, "580.65.06");
  ASSERT_EQ(survey.gpus.size(), 2U);
  EXPECT_EQ(survey.gpus[0].name, "Small GPU");
  EXPECT_EQ(survey.gpus[1].memory, std::uint64_t{2} << 30);
  EXPECT_EQ(survey.gpus[1].major, 9);
  EXPECT_FALSE(survey.gpus[0].split);
  EXPECT_TRUE(survey.gpus[1].split);
}

TEST(UsableGpusTest, AreAllWhereNothingIsSaid) {
  EXPECT_EQ(usable_gpus(std::nullopt, 3), (Names{"0", "1", "2"}));
}

TEST(UsableGpusTest, AreThoseOfTheVariable) {
  EXPECT_EQ(usable_gpus("3, 1", 4), (Names{"3", "1"}));
  EXPECT_EQ(usable_gpus("MIG-aaaa,GPU-bbbb", 1), (Names{"MIG-aaaa", "GPU-bbbb"}));
  EXPECT_EQ(usable_gpus("", 4), Names{});
  EXPECT_EQ(usable_gpus("2,-1,3", 4), Names{"2"});
}

TEST(UsableGpusTest, WorkersGoRoundThem) {
  const Names two = {"3", "1"};

  EXPECT_EQ(gpu_of_worker(two, 0), "3");
  EXPECT_EQ(gpu_of_worker(two, 1), "1");
  EXPECT_EQ(gpu_of_worker(two, 2), "3");
  EXPECT_EQ(gpu_of_worker({}, 0), "");
}

class GpusOfSlurm : public testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }

 private:
  static void clear() {
    for (const char* name : {"SLURM_STEP_GPUS", "SLURM_JOB_GPUS", "SLURM_GPUS_ON_NODE"}) ::unsetenv(name);
  }
};

TEST_F(GpusOfSlurm, AreNoneWithoutItsVariables) {
  EXPECT_EQ(gpus_of_slurm(), "");
  ::setenv("SLURM_GPUS_ON_NODE", "0", 1);
  EXPECT_EQ(gpus_of_slurm(), "");
}

TEST_F(GpusOfSlurm, AreThoseOfTheJobEvenTheFirstOne) {
  ::setenv("SLURM_JOB_GPUS", "0", 1);
  EXPECT_EQ(gpus_of_slurm(), "SLURM_JOB_GPUS=0");
}

}  // namespace
}  // namespace mer
