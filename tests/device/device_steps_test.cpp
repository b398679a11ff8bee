#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <limits>
#include <optional>

#include "model/device/steps.hpp"
#include "tests/device/random_batch.hpp"
#include "tests/device/test_device.hpp"
#include "tests/model/golden.hpp"
#include "worker/trainer/optimizer.hpp"

namespace mer::model {
namespace {

constexpr double kTolerance = 1e-9;

struct Slot {
  SlotSettings settings;
  TrainSettings train;
  std::int64_t steps = 0;
};

Slot random_slot(Random& random) {
  Slot slot;
  slot.settings = {0.1 * draw(random, 0, 4), 0.1 * draw(random, 0, 3), 0.5 * draw(random, 0, 2),
                   std::uint64_t(draw(random, 0, 1000)), 0};
  slot.train.optimizer =
      std::vector{OptimizerKind::adam, OptimizerKind::adamw, OptimizerKind::sgd}[std::size_t(draw(random, 0, 2))];
  slot.train.learning_rate = 0.001 * draw(random, 1, 5);
  slot.train.weight_decay = 0.01 * draw(random, 0, 2);
  return slot;
}

// The same trials on both sides: slots of a model on the CPU with the trainer's optimizers, and of one on the device.
class DeviceStepsTest : public testing::Test {
 protected:
  static constexpr int kSlots = 3;

  void SetUp() override {
    if (const auto reason = attach_test_device()) GTEST_SKIP() << *reason;
    ModelSettings settings;
    settings.hidden = 12;
    settings.heads = 3;
    shape = {settings, {5, 7}, 4, Dtype::float64};
    cpu.emplace(shape, kSlots);
    gpu.emplace(shape, kSlots, nullptr, device());
    steps.emplace(*gpu);
    for (int slot = 0; slot < kSlots; ++slot) join(slot);
  }

  // A new trial takes the slot.
  void join(int slot) {
    slots[std::size_t(slot)] = random_slot(random);
    cpu->initialise(slot, slots[std::size_t(slot)].settings.seed);
    gpu->initialise(slot, slots[std::size_t(slot)].settings.seed);
    steps->clear_moments(slot);
    std::vector<trainer::NamedTensor> parameters;
    for (int i = 0; i < cpu->parameter_count(); ++i) {
      parameters.push_back({cpu->parameter_name(i), cpu->parameter(i, slot)});
    }
    optimizers[std::size_t(slot)].emplace(slots[std::size_t(slot)].train, parameters);
  }

  std::vector<SlotSettings> settings() const {
    std::vector<SlotSettings> all;
    for (const Slot& slot : slots) all.push_back(slot.settings);
    return all;
  }

  StepOutcome train_device(const Batch& batch) {
    std::vector<SlotStep> now;
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
      const bool learns = batch.layout->slots[slot].rows() > 0;
      now.push_back({slots[slot].settings, learns, trainer::optimizer_step(slots[slot].train, slots[slot].steps + 1)});
    }
    return steps->train(in_bucket(batch, bucket_of(*batch.layout)), now);
  }

  // One training step on both sides, of all slots but one that is expected to diverge.
  void train(const Batch& batch, std::size_t diverges = kSlots) {
    const StepOutcome outcome = train_device(batch);
    cpu->clear_gradients();
    const Losses losses = cpu->losses(batch, cpu->forward(batch, settings()), settings());
    cpu->backward(losses);
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
      if (slot == diverges) continue;
      EXPECT_NEAR(outcome.losses.total[std::int64_t(slot)].item<double>(),
                  losses.total[std::int64_t(slot)].item<double>(), kTolerance);
      if (batch.layout->slots[slot].rows() == 0) continue;
      std::vector<at::Tensor> gradients;
      for (int i = 0; i < cpu->parameter_count(); ++i) gradients.push_back(cpu->grad(i, int(slot)));
      EXPECT_NEAR(outcome.norms[slot], trainer::gradient_norm(gradients), kTolerance);
      optimizers[slot]->step(gradients, ++slots[slot].steps);
      slots[slot].settings.step = slots[slot].steps;
    }
  }

  void expect_same_weights(int slot) {
    for (int i = 0; i < cpu->parameter_count(); ++i) {
      EXPECT_LT(largest_error(gpu->parameter(i, slot).cpu(), cpu->parameter(i, slot)), kTolerance)
          << slot << " " << cpu->parameter_name(i);
    }
  }
  void expect_same_weights() {
    for (int slot = 0; slot < kSlots; ++slot) expect_same_weights(slot);
  }

  std::vector<at::Tensor> weights_on_device(int slot) {
    std::vector<at::Tensor> weights;
    for (int i = 0; i < gpu->parameter_count(); ++i) weights.push_back(gpu->parameter(i, slot).cpu().clone());
    return weights;
  }

  Random random{7};
  Shape shape;
  std::optional<StackedModel> cpu, gpu;
  std::optional<DeviceSteps> steps;
  std::vector<Slot> slots{kSlots};
  std::optional<trainer::Optimizer> optimizers[kSlots];
};

// Recordings are replayed with other rows, other dialogues and other numbers than they were made with.
TEST_F(DeviceStepsTest, TrainAsTheCpuDoesWithJoinsAndBreaks) {
  for (int step = 0; step < 12; ++step) {
    if (step % 5 == 4) join(step % kSlots);
    std::vector<int> dialogues;
    for (int slot = 0; slot < kSlots; ++slot) dialogues.push_back(draw(random, 0, 4));
    if (dialogues == std::vector<int>(kSlots, 0)) dialogues[0] = 1;
    train(random_batch(random, shape, dialogues, step % 2 == 1));
  }

  expect_same_weights();
  EXPECT_GT(steps->recordings(), 1U);
  EXPECT_LT(steps->recordings(), 12U);
}

TEST_F(DeviceStepsTest, EvaluateAsTheCpuDoesBetweenTrainingSteps) {
  for (int step = 0; step < 3; ++step) {
    train(random_batch(random, shape, {3, 2, 3}, false));
    const Batch batch = random_batch(random, shape, {2, 0, 3}, true);
    std::vector<SlotSettings> without_dropout = settings();
    for (SlotSettings& slot : without_dropout) slot.dropout = 0;
    const at::NoGradGuard no_grad;

    const Batch laid_out = in_bucket(batch, bucket_of(*batch.layout));
    const StepOutcome outcome = steps->evaluate(laid_out, without_dropout);

    const Representations expected = cpu->forward(batch, without_dropout);
    const Losses losses = cpu->losses(batch, expected, without_dropout);
    EXPECT_LT(largest_error(outcome.losses.total, losses.total), kTolerance);
    EXPECT_LT(largest_error(pack_rows(outcome.logits, *laid_out.layout), pack_rows(expected.logits, *batch.layout)),
              kTolerance);
  }
  expect_same_weights();
}

TEST_F(DeviceStepsTest, ASlotThatDivergesKeepsItsWeightsAndTheOthersLearn) {
  train(random_batch(random, shape, {2, 2, 2}, false));
  const std::vector<at::Tensor> before = weights_on_device(1);
  Batch batch = random_batch(random, shape, {2, 2, 2}, false);
  batch.features[0][batch.layout->slots[1].begin][0] = std::numeric_limits<double>::quiet_NaN();

  train(batch, /*diverges=*/1);

  const std::vector<at::Tensor> after = weights_on_device(1);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(at::equal(before[i], after[i]));
  expect_same_weights(0);
  expect_same_weights(2);
}

TEST_F(DeviceStepsTest, ReplayGivesTheSameBitsAgain) {
  const Batch batch = random_batch(random, shape, {3, 2, 1}, true);
  const StepOutcome first = train_device(batch);
  for (int slot = 0; slot < kSlots; ++slot) {
    gpu->initialise(slot, slots[std::size_t(slot)].settings.seed);
    steps->clear_moments(slot);
  }

  const StepOutcome again = train_device(batch);

  EXPECT_TRUE(at::equal(first.losses.total, again.losses.total));
  EXPECT_TRUE(at::equal(first.logits, again.logits));
  EXPECT_EQ(first.norms, again.norms);
}

// Within one bucket, where matrix products have one shape.
TEST_F(DeviceStepsTest, NeighboursDoNotChangeASlotsBits) {
  Batch batch = random_batch(random, shape, {4, 4, 4}, false);
  const Bucket bucket = bucket_of(*batch.layout);
  const StepOutcome together = train_device(batch);
  const std::vector<at::Tensor> expected = weights_on_device(0);
  gpu->initialise(0, slots[0].settings.seed);
  steps->clear_moments(0);
  for (std::size_t m = 0; m < batch.features.size(); ++m) {
    const SlotRows& other = batch.layout->slots[1];
    batch.features[m].narrow(0, other.begin, other.rows()).mul_(-3);
  }

  const StepOutcome with_others = train_device(batch);

  EXPECT_EQ(bucket_of(*batch.layout), bucket);
  EXPECT_NE(together.losses.total[1].item<double>(), with_others.losses.total[1].item<double>());
  EXPECT_EQ(together.losses.total[0].item<double>(), with_others.losses.total[0].item<double>());
  const std::vector<at::Tensor> weights = weights_on_device(0);
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_TRUE(at::equal(weights[i], expected[i]));
}

TEST_F(DeviceStepsTest, KeepsABoundedNumberOfRecordings) {
  for (int step = 0; step < 20; ++step) {
    train(random_batch(random, shape, {step + 1, 1, 0}, step % 2 == 0));
  }

  EXPECT_LE(steps->recordings(), 16U);
  expect_same_weights(0);
}

}  // namespace
}  // namespace mer::model
