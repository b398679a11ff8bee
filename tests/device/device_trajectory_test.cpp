// Ten recorded training steps on the device against torch.optim in Python, in float64.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "model/device/steps.hpp"
#include "tests/device/test_device.hpp"
#include "tests/model/golden.hpp"
#include "worker/trainer/optimizer.hpp"

namespace mer::model {
namespace {

struct Trajectory {
  explicit Trajectory(const std::string& name) : golden(read_golden(name)) {
    nlohmann::json settings = ModelSettings();
    settings.update(nlohmann::json::parse(golden.metadata.at("model")));
    const nlohmann::json each = nlohmann::json::parse(golden.metadata.at("slots"));
    shape = {settings.get<ModelSettings>(), {5, 7}, 4, Dtype::float64};
    const std::string optimizer = nlohmann::json::parse(golden.metadata.at("optimizer"));
    for (const nlohmann::json& slot : each) {
      settings_of_slots.push_back({slot["dropout"], slot["alpha"], slot["beta"], slot["seed"], 0});
      TrainSettings& train = optimizers.emplace_back();
      train.optimizer = optimizer == "adam"    ? OptimizerKind::adam
                        : optimizer == "adamw" ? OptimizerKind::adamw
                                               : OptimizerKind::sgd;
      train.learning_rate = slot["learning_rate"];
      train.weight_decay = slot["weight_decay"];
    }
  }

  // The dialogues that `batches` names for this step, slot by slot; -1 fills a row up.
  Batch batch(std::int64_t step) const {
    const at::Tensor lengths = golden.input.at("dialogue_lengths");
    const at::Tensor ends = lengths.cumsum(0);
    const at::Tensor chosen = golden.input.at("batches")[step];
    Batch result;
    auto layout = std::make_shared<Layout>();
    std::vector<at::Tensor> rows;
    for (std::int64_t slot = 0; slot < chosen.size(0); ++slot) {
      std::vector<std::int64_t> of_slot;
      for (std::int64_t i = 0; i < chosen.size(1) && chosen[slot][i].item<std::int64_t>() >= 0; ++i) {
        const auto dialogue = chosen[slot][i].item<std::int64_t>();
        of_slot.push_back(lengths[dialogue].item<std::int64_t>());
        const auto end = ends[dialogue].item<std::int64_t>();
        rows.push_back(at::arange(end - of_slot.back(), end));
      }
      layout->add_slot(of_slot);
    }
    for (const std::string& modality : shape.settings.modalities) {
      const at::Tensor features = golden.input.at("features." + modality);
      result.features.push_back(spread_rows(features.index_select(0, at::cat(rows)), *layout));
    }
    result.labels = spread_rows(golden.input.at("labels").index_select(0, at::cat(rows)), *layout);
    result.layout = std::move(layout);
    return result;
  }

  GoldenFile golden;
  Shape shape;
  std::vector<SlotSettings> settings_of_slots;
  std::vector<TrainSettings> optimizers;
};

class DeviceTrajectory : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const auto reason = attach_test_device()) GTEST_SKIP() << *reason;
  }
};

TEST_P(DeviceTrajectory, TenStepsEqualTorch) {
  const Trajectory trajectory(GetParam());
  const int slots = int(trajectory.optimizers.size());
  StackedModel model(trajectory.shape, slots, nullptr, device());
  for (int i = 0; i < model.parameter_count(); ++i) {
    const at::Tensor initial = trajectory.golden.input.at("parameter." + model.parameter_name(i));
    for (int slot = 0; slot < slots; ++slot) model.parameter(i, slot).copy_(initial[slot]);
  }
  DeviceSteps steps(model);

  for (std::int64_t done = 0; done < 10; ++done) {
    std::vector<SlotStep> now;
    for (int slot = 0; slot < slots; ++slot) {
      SlotSettings settings = trajectory.settings_of_slots[std::size_t(slot)];
      settings.step = done;
      now.push_back({settings, true, trainer::optimizer_step(trajectory.optimizers[std::size_t(slot)], done + 1)});
    }
    const Batch batch = trajectory.batch(done);
    const StepOutcome outcome = steps.train(in_bucket(batch, bucket_of(*batch.layout)), now);
    for (const auto& [name, values] : named(trajectory.shape.settings, outcome.losses)) {
      EXPECT_LT(largest_error(values, trajectory.golden.expected.at(name)[done]), 1e-9) << name << " at " << done;
    }
  }

  for (int i = 0; i < model.parameter_count(); ++i) {
    const at::Tensor expected = trajectory.golden.expected.at("parameter." + model.parameter_name(i));
    for (int slot = 0; slot < slots; ++slot) {
      EXPECT_LT(largest_error(model.parameter(i, slot).cpu(), expected[slot]), 1e-9) << model.parameter_name(i);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Model, DeviceTrajectory, testing::ValuesIn(golden_names("trajectory_")),
                         [](const auto& test) { return test.param.substr(11); });

}  // namespace
}  // namespace mer::model
