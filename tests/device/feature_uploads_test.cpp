// What goes up to the device, counted on the stand-in: features once, and then row numbers; or, where they are too
// large to stay there, those of every step.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>

#include "model/device/steps.hpp"
#include "model/grid/host_runtime.hpp"
#include "tests/device/random_batch.hpp"
#include "tests/trainer/alike.hpp"
#include "tests/trainer/tiny_study.hpp"
#include "worker/trainer/optimizer.hpp"

namespace mer::model {
namespace {

// Its memory is as large as needed, whatever it says.
class CountingRuntime : public grid::HostRuntime {
 public:
  explicit CountingRuntime(std::size_t said_memory = std::size_t{1} << 40) : said_memory_(said_memory) {}

  std::size_t memory_limit() const override { return said_memory_; }
  void upload(void* device, const void* host, std::size_t bytes) override {
    uploaded += bytes;
    HostRuntime::upload(device, host, bytes);
  }

  std::size_t uploaded = 0;

 private:
  std::size_t said_memory_;
};

TEST(FeatureUploads, AStepsAreRowNumbersHoweverWideTheFeaturesAre) {
  std::vector<std::size_t> uploaded;
  for (const int columns : {4, 400}) {
    const auto runtime = std::make_shared<CountingRuntime>();
    attach_device(runtime);
    ModelSettings settings;
    settings.hidden = 8;
    settings.heads = 2;
    const Shape shape{settings, {columns, columns}, 4, Dtype::float32};
    StackedModel model(shape, 1, nullptr, device());
    model.initialise(0, 1);
    DeviceSteps steps(model, std::make_unique<FeatureTable>(std::vector(2, at::zeros({30, columns}))));
    Random random(1);
    Batch batch = random_batch(random, shape, {4}, true);
    batch.features.clear();
    batch.table_rows.rows.assign(std::size_t(batch.layout->rows()), 7);
    const auto affine = std::make_shared<const Affine>(
        Affine{std::vector<double>(std::size_t(columns), 1), std::vector<double>(std::size_t(columns), 2)});
    batch.table_rows.standardise = {{affine}, {nullptr}};
    batch = in_bucket(batch, bucket_of(*batch.layout));
    const std::vector<SlotStep> now = {{{}, true, trainer::optimizer_step(TrainSettings(), 1)}};
    (void)steps.train(batch, now);
    runtime->uploaded = 0;

    (void)steps.train(batch, now);

    uploaded.push_back(runtime->uploaded);
  }

  EXPECT_GT(uploaded[0], 0U);
  EXPECT_EQ(uploaded[0], uploaded[1]);
}

// So that fewer trials are taken to fit beside it.
TEST(FeatureUploads, ATableCountsAsMemoryThatIsUsed) {
  const auto runtime = std::make_shared<CountingRuntime>();
  attach_device(runtime);
  const std::vector<at::Tensor> features = {at::zeros({1000, 30}), at::zeros({1000, 70})};

  const FeatureTable table(features);

  EXPECT_GE(runtime->reserved_bytes(), 1000 * 100 * sizeof(float));
}

}  // namespace
}  // namespace mer::model

namespace mer::trainer {
namespace {

// A trainer in float64 on a device of so much memory, and what its log says.
class FeaturesOfATrainer : public testing::Test {
 protected:
  void train(std::size_t memory) {
    runtime = std::make_shared<model::CountingRuntime>(memory);
    model::attach_device(runtime);
    study.emplace();
    job = study->job(five_trials(*study));
    job.device = DeviceChoice::cuda;
    job.slots = 3;
    job.record_representations = true;
    testing::internal::CaptureStderr();
    run.emplace(
        job, [](const Report&, Requests&) {},
        [this](double) { return Result<std::shared_ptr<grid::Runtime>>(runtime); });
    log = testing::internal::GetCapturedStderr();
  }

  static std::size_t feature_bytes() {
    std::size_t bytes = 0;
    for (const data::FeatureMatrix& features : tiny_corpus().features) bytes += features.values.size_bytes();
    return bytes;
  }

  std::optional<TinyStudy> study;
  StackJob job;
  std::shared_ptr<model::CountingRuntime> runtime;
  std::optional<RecordedRun> run;
  std::string log;
};

TEST_F(FeaturesOfATrainer, StayOnTheDeviceWhereTheyAreAQuarterOfItsMemory) {
  train(4 * feature_bytes());

  EXPECT_EQ(run->outcome.finished, 5);
  EXPECT_EQ(log.find("gathered on the host"), std::string::npos) << log;
  const std::size_t uploaded = runtime->uploaded;
  train(4 * feature_bytes() - 1);
  EXPECT_LT(uploaded, runtime->uploaded);
}

TEST_F(FeaturesOfATrainer, ThatAreLargerAreGatheredOnTheHostWithTheSameNumbers) {
  train(4 * feature_bytes() - 1);

  EXPECT_EQ(run->outcome.finished, 5);
  EXPECT_NE(log.find("gathered on the host"), std::string::npos) << log;
  for (const TrialJob& trial : job.trials) expect_alike(*study, run->sink, trial);
}

}  // namespace
}  // namespace mer::trainer
