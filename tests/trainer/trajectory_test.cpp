// Ten training steps of the model with the trainer's optimizers against torch.optim in Python, in float64.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "model/stacked_model.hpp"
#include "tests/model/golden.hpp"
#include "worker/trainer/optimizer.hpp"

namespace mer::trainer {
namespace {

struct Trajectory {
  explicit Trajectory(const std::string& name) : golden(model::read_golden(name)) {
    nlohmann::json settings = ModelSettings();
    settings.update(nlohmann::json::parse(golden.metadata.at("model")));
    slots = nlohmann::json::parse(golden.metadata.at("slots"));
    shape = {settings.get<ModelSettings>(), {}, 4, Dtype::float64};
    for (const std::string& modality : shape.settings.modalities) {
      features.push_back(golden.input.at("features." + modality));
      shape.feature_dims.push_back(int(features.back().size(1)));
    }
    const std::string optimizer = nlohmann::json::parse(golden.metadata.at("optimizer"));
    kind = optimizer == "adam" ? OptimizerKind::adam : optimizer == "adamw" ? OptimizerKind::adamw : OptimizerKind::sgd;
  }

  model::GoldenFile golden;
  nlohmann::json slots;  // per slot: dropout, alpha, beta, seed, learning_rate, weight_decay
  model::Shape shape;
  std::vector<at::Tensor> features;
  OptimizerKind kind = OptimizerKind::adam;
};

// The dialogues that `batches` names for this step, slot by slot; -1 fills a row up.
model::Batch batch_of(const Trajectory& trajectory, std::int64_t step) {
  const at::Tensor lengths = trajectory.golden.input.at("dialogue_lengths");
  const at::Tensor ends = lengths.cumsum(0);
  const at::Tensor chosen = trajectory.golden.input.at("batches")[step];
  model::Batch batch;
  auto layout = std::make_shared<model::Layout>();
  std::vector<at::Tensor> rows;
  for (std::int64_t slot = 0; slot < chosen.size(0); ++slot) {
    std::vector<std::int64_t> of_slot;
    for (std::int64_t i = 0; i < chosen.size(1) && chosen[slot][i].item<std::int64_t>() >= 0; ++i) {
      const auto dialogue = chosen[slot][i].item<std::int64_t>();
      const auto end = ends[dialogue].item<std::int64_t>(), length = lengths[dialogue].item<std::int64_t>();
      rows.push_back(at::arange(end - length, end));
      of_slot.push_back(length);
    }
    layout->add_slot(of_slot);
  }
  const at::Tensor all = at::cat(rows);
  for (const at::Tensor& modality : trajectory.features) {
    batch.features.push_back(model::spread_rows(modality.index_select(0, all), *layout));
  }
  batch.labels = model::spread_rows(trajectory.golden.input.at("labels").index_select(0, all), *layout);
  batch.layout = std::move(layout);
  return batch;
}

class GoldenTrajectory : public testing::TestWithParam<std::string> {};

TEST_P(GoldenTrajectory, TenStepsEqualTorch) {
  const Trajectory trajectory(GetParam());
  const int slots = int(trajectory.slots.size());
  model::StackedModel model(trajectory.shape, slots);
  std::vector<Optimizer> optimizers;
  std::vector<model::SlotSettings> settings;
  for (int slot = 0; slot < slots; ++slot) {
    const nlohmann::json& values = trajectory.slots[std::size_t(slot)];
    settings.push_back({values["dropout"], values["alpha"], values["beta"], values["seed"], 0});
    TrainSettings train;
    train.optimizer = trajectory.kind;
    train.learning_rate = values["learning_rate"];
    train.weight_decay = values["weight_decay"];
    std::vector<NamedTensor> parameters;
    for (int i = 0; i < model.parameter_count(); ++i) {
      const std::string& name = model.parameter_name(i);
      parameters.push_back({name, model.parameter(i, slot).detach()});
      parameters.back().tensor.copy_(trajectory.golden.input.at("parameter." + name)[slot]);
    }
    optimizers.emplace_back(train, std::move(parameters));
  }

  for (std::int64_t step = 0; step < 10; ++step) {
    for (model::SlotSettings& slot : settings) slot.step = step;
    const model::Batch batch = batch_of(trajectory, step);
    const model::Losses losses = model.losses(batch, model.forward(batch, settings), settings);
    model.clear_gradients();
    model.backward(losses);
    for (int slot = 0; slot < slots; ++slot) {
      std::vector<at::Tensor> gradients;
      for (int i = 0; i < model.parameter_count(); ++i) gradients.push_back(model.grad(i, slot));
      optimizers[std::size_t(slot)].step(gradients, step + 1);
    }
    const at::Tensor expected = trajectory.golden.expected.at("loss.total")[step];
    EXPECT_LT(model::largest_error(losses.total.detach(), expected), 1e-9) << "step " << step;
  }

  for (int i = 0; i < model.parameter_count(); ++i) {
    const at::Tensor expected = trajectory.golden.expected.at("parameter." + model.parameter_name(i));
    for (int slot = 0; slot < slots; ++slot) {
      EXPECT_LT(model::largest_error(model.parameter(i, slot).detach(), expected[slot]), 1e-9)
          << model.parameter_name(i) << " of slot " << slot;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Trainer, GoldenTrajectory, testing::ValuesIn(model::golden_names("trajectory_")),
                         [](const auto& test) { return test.param.substr(11); });

}  // namespace
}  // namespace mer::trainer
