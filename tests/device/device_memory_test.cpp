// What happens when the device's memory runs out: on the stand-in, whose memory can be limited.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/device/steps.hpp"
#include "model/grid/host_runtime.hpp"
#include "tests/device/random_batch.hpp"
#include "tests/trainer/tiny_study.hpp"
#include "worker/trainer/optimizer.hpp"
#include "worker/trainer/process.hpp"

namespace mer::model {
namespace {

TEST(DeviceMemoryTest, TensorsSayWhenItRunsOut) {
  attach_device(std::make_shared<grid::HostRuntime>(std::size_t{1} << 20));
  const auto there = at::TensorOptions(at::kFloat).device(device());

  EXPECT_THROW(at::zeros({1 << 20}, there), c10::OutOfMemoryError);

  EXPECT_NO_THROW(at::zeros({1 << 10}, there));
}

TEST(DeviceMemoryTest, AStepThatNeedsTooMuchLeavesTheDeviceUsable) {
  attach_device(std::make_shared<grid::HostRuntime>(std::size_t{6} << 20));
  Random random(1);
  ModelSettings settings;
  settings.hidden = 16;
  const Shape shape{settings, {5, 7}, 4, Dtype::float32};
  StackedModel model(shape, 1, nullptr, device());
  model.initialise(0, 1);
  DeviceSteps steps(model);
  const auto train = [&](int dialogues) {
    const Batch batch = random_batch(random, shape, {dialogues}, false);
    const std::vector<SlotStep> now = {{{}, true, trainer::optimizer_step(TrainSettings(), 1)}};
    return steps.train(in_bucket(batch, bucket_of(*batch.layout)), now).losses.total[0].item<double>();
  };
  bool ran_out = false;
  try {
    train(400);
  } catch (const c10::OutOfMemoryError&) {
    ran_out = true;
  } catch (const grid::OutOfMemory&) {
    ran_out = true;
  }

  EXPECT_TRUE(ran_out);
  EXPECT_GT(train(1), 0);
}

// What main() makes ExitCode::no_memory of: the scheduler gives the worker half as many trials then.
TEST(DeviceMemoryTest, ATrainerThatRunsOutOfItEndsAsOneWithoutMemory) {
  const trainer::TinyStudy study;
  StackJob job = study.job({study.trial(0), study.trial(1)});
  job.device = DeviceChoice::cuda;
  const auto small = [](double) {
    return Result<std::shared_ptr<grid::Runtime>>(std::make_shared<grid::HostRuntime>(std::size_t{1} << 17));
  };
  bool ran_out = false;
  try {
    const trainer::RecordedRun run(job, {}, small);
  } catch (const std::exception& error) {
    ran_out = trainer::is_out_of_memory(error);
  }

  EXPECT_TRUE(ran_out);
}

}  // namespace
}  // namespace mer::model
