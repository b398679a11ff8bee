#include "cli/gpus.hpp"

#include <cstdlib>
#include <gmock/gmock.h>

namespace mer::cli {
namespace {

using testing::HasSubstr;

class TrainingPlaceTest : public testing::Test {
 protected:
  TrainingPlaceTest() {
    for (const char* name : {"SLURM_STEP_GPUS", "SLURM_JOB_GPUS", "SLURM_GPUS_ON_NODE"}) ::unsetenv(name);
    situation_.survey.gpus.resize(2);
    situation_.survey.gpus[0].name = "Some GPU";
    situation_.library = true;
  }

  GpuSituation situation_;
  ResourceSettings resources_;
};

TEST_F(TrainingPlaceTest, AutoTakesEveryUsableGpu) {
  const auto place = training_place(resources_, situation_);

  ASSERT_TRUE(place.ok());
  EXPECT_EQ(place->workers, 2);
  EXPECT_EQ(place->text, "2 GPUs (Some GPU)");
}

TEST_F(TrainingPlaceTest, AFractionPutsSeveralTrainersOnAGpu) {
  resources_.gpu_fraction = 0.1;
  situation_.visible = "1";

  const auto place = training_place(resources_, situation_);

  EXPECT_EQ(place->workers, 10);
  EXPECT_EQ(place->text, "1 GPU (Some GPU), 10 trainers on each");
}

TEST_F(TrainingPlaceTest, AutoSaysWhyItTakesTheCpu) {
  situation_.visible = "";
  EXPECT_EQ(training_place(resources_, situation_)->text, "the CPU: CUDA_VISIBLE_DEVICES hides every GPU");

  situation_.visible.reset();
  situation_.library = false;
  EXPECT_THAT(training_place(resources_, situation_)->text, HasSubstr("libmer_cuda.so"));

  situation_.survey = {"", {}, "no driver"};
  EXPECT_EQ(training_place(resources_, situation_)->text, "the CPU: no driver");
  EXPECT_EQ(training_place(resources_, situation_)->workers, 0);
}

TEST_F(TrainingPlaceTest, TheCpuNeedsNoReason) {
  resources_.device = DeviceChoice::cpu;
  EXPECT_EQ(training_place(resources_, situation_)->text, "the CPU");
}

TEST_F(TrainingPlaceTest, CudaWithoutAGpuIsAnErrorThatSaysWhatToDo) {
  resources_.device = DeviceChoice::cuda;
  situation_.survey = {"", {}, "no driver"};

  const auto place = training_place(resources_, situation_);

  ASSERT_FALSE(place.ok());
  EXPECT_EQ(place.error().code, ErrorCode::invalid);
  EXPECT_THAT(place.error().message, testing::AllOf(HasSubstr("no driver"), HasSubstr("set resources.device to")));
}

TEST(WorkersTest, AreWholeGangs) {
  ResourceSettings resources;
  EXPECT_EQ(workers_of(resources, {0, ""}, 0, 5).value(), 5);
  EXPECT_EQ(workers_of(resources, {3, ""}, 0, 5).value(), 3);
  EXPECT_EQ(workers_of(resources, {3, ""}, 7, 5).value(), 7);
  resources.gpus_per_trial = 2;
  EXPECT_EQ(workers_of(resources, {0, ""}, 0, 5).value(), 4);
  EXPECT_EQ(workers_of(resources, {3, ""}, 0, 5).value(), 2);
  EXPECT_EQ(workers_of(resources, {3, ""}, 7, 5).value(), 6);
}

TEST(WorkersTest, OfSeveralNodesAreThoseThatTheNodesAreMeantFor) {
  ResourceSettings resources;
  const std::vector<Node> nodes = {{"a", 4}, {"b", 3}};
  EXPECT_EQ(workers_of(resources, {0, ""}, 0, 2, nodes).value(), 7);
  EXPECT_EQ(workers_of(resources, {0, ""}, 5, 2, nodes).value(), 5);
  resources.gpus_per_trial = 8;
  EXPECT_THAT(workers_of(resources, {0, ""}, 0, 2, nodes).error().message, HasSubstr("the nodes of this job"));
}

TEST(WorkersTest, TooFewForAGangAreAnErrorThatSaysWhatToDo) {
  ResourceSettings resources;
  resources.gpus_per_trial = 4;
  EXPECT_THAT(workers_of(resources, {0, ""}, 0, 2).error().message, HasSubstr("this machine has 2 usable cores"));
  EXPECT_THAT(workers_of(resources, {3, ""}, 0, 8).error().message, HasSubstr("the GPUs here feed 3"));
  EXPECT_THAT(workers_of(resources, {3, ""}, 2, 8).error().message, HasSubstr("--workers is 2"));
  EXPECT_THAT(workers_of(resources, {3, ""}, 2, 8).error().message, HasSubstr("pass --workers 4 or more"));
}

}  // namespace
}  // namespace mer::cli
