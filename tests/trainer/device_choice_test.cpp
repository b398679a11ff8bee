#include "worker/trainer/device_choice.hpp"

#include <cstdlib>
#include <gmock/gmock.h>

#include "tests/trainer/tiny_study.hpp"

namespace mer::trainer {
namespace {

using testing::HasSubstr;

constexpr const char* kSlurm = "SLURM_JOB_GPUS";

class DeviceChoiceTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"SLURM_STEP_GPUS", kSlurm, "SLURM_GPUS_ON_NODE"}) ::unsetenv(name);
  }
  void TearDown() override { SetUp(); }

  Result<DeviceOfJob> choose(DeviceChoice device) {
    StackJob job;
    job.device = device;
    job.gpu_fraction = 0.25;
    return choose_device(job, [this](double memory_share) {
      asked_for_ = memory_share;
      return Result<std::shared_ptr<grid::Runtime>>(Error{ErrorCode::unavailable, "it is broken"});
    });
  }

  std::optional<double> asked_for_;
};

TEST_F(DeviceChoiceTest, ForTheCpuNoGpuIsOpened) {
  const auto device = choose(DeviceChoice::cpu);

  ASSERT_TRUE(device.ok());
  EXPECT_EQ(device->gpu, nullptr);
  EXPECT_FALSE(asked_for_.has_value());
}

TEST_F(DeviceChoiceTest, AutoTakesTheCpuWhereNoGpuIsUsableAndSaysWhy) {
  const auto device = choose(DeviceChoice::automatic);

  ASSERT_TRUE(device.ok());
  EXPECT_EQ(device->gpu, nullptr);
  EXPECT_EQ(device->reason, "it is broken");
  EXPECT_EQ(asked_for_, 0.25);
}

TEST_F(DeviceChoiceTest, CudaWithoutAUsableGpuIsAnErrorThatSaysWhatToDo) {
  const auto device = choose(DeviceChoice::cuda);

  ASSERT_FALSE(device.ok());
  EXPECT_THAT(device.error().message, testing::AllOf(HasSubstr("it is broken"), HasSubstr("merctl doctor"),
                                                     HasSubstr("set resources.device to auto or cpu")));
}

TEST_F(DeviceChoiceTest, AGpuOfSlurmsThatCannotBeUsedIsAnError) {
  ::setenv(kSlurm, "0", 1);

  const auto device = choose(DeviceChoice::automatic);

  ASSERT_FALSE(device.ok());
  EXPECT_THAT(device.error().message, testing::AllOf(HasSubstr("SLURM_JOB_GPUS=0"), HasSubstr("it is broken"),
                                                     HasSubstr("set resources.device to cpu")));
}

TEST_F(DeviceChoiceTest, WithoutAUsableGpuEveryTrialFailsWithThatMessage) {
  const TinyStudy study;
  StackJob job = study.job({study.trial(0), study.trial(1)});
  job.device = DeviceChoice::cuda;

  const RecordedRun run(job, {}, [](double) {
    return Result<std::shared_ptr<grid::Runtime>>(Error{ErrorCode::unavailable, "it is broken"});
  });

  EXPECT_EQ(run.outcome.failed, 2);
  const auto failed = run.sink.events<AttemptFailed>(job.trials[1].spec.id);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_THAT(failed[0].failure.message, HasSubstr("it is broken"));
}

}  // namespace
}  // namespace mer::trainer
