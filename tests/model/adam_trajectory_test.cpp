// Ten optimizer steps against torch.optim.Adam in Python, by one trainer and by gangs.
#include <ATen/ATen.h>
#include <algorithm>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "tests/model/golden.hpp"
#include "tests/model/slot_case.hpp"
#include "tests/model/thread_gang.hpp"

namespace mer::model {
namespace {

struct Trajectory {
  GoldenFile golden;
  nlohmann::json slots;
  Shape shape;
  int count;  // slots
};

Trajectory read_trajectory(const std::string& name) {
  Trajectory trajectory{read_golden(name), {}, {}, 0};
  const auto& metadata = trajectory.golden.metadata;
  nlohmann::json settings = ModelSettings();
  settings.update(nlohmann::json::parse(metadata.at("model")));
  trajectory.slots = nlohmann::json::parse(metadata.at("slots"));
  trajectory.count = int(trajectory.slots.size());
  trajectory.shape = {settings.get<ModelSettings>(), {5, 7}, 4, Dtype::float64};
  return trajectory;
}

SlotCase slot_case(const Trajectory& trajectory, std::int64_t step, int slot) {
  const NamedTensors& input = trajectory.golden.input;
  const at::Tensor lengths = input.at("dialogue_lengths");
  const at::Tensor ends = lengths.cumsum(0);
  std::vector<at::Tensor> audio, text, labels;
  SlotCase own;
  const at::Tensor chosen = input.at("batches")[step][slot];
  for (std::int64_t i = 0; i < chosen.numel() && chosen[i].item<std::int64_t>() >= 0; ++i) {
    const auto dialogue = chosen[i].item<std::int64_t>();
    const auto length = lengths[dialogue].item<std::int64_t>();
    const auto begin = ends[dialogue].item<std::int64_t>() - length;
    own.lengths.push_back(length);
    audio.push_back(input.at("features.audio").narrow(0, begin, length));
    text.push_back(input.at("features.text").narrow(0, begin, length));
    labels.push_back(input.at("labels").narrow(0, begin, length));
  }
  own.features = {at::cat(audio), at::cat(text)};
  own.labels = at::cat(labels);
  const nlohmann::json& settings = trajectory.slots[std::size_t(slot)];
  own.settings = {settings["dropout"], settings["alpha"], settings["beta"], settings["seed"], step};
  return own;
}

// Each member's dialogues of a slot's batch; the last members may have none.
SlotCase share_of(const SlotCase& whole, const Gang* gang) {
  if (gang == nullptr) return whole;
  const std::size_t each = (whole.lengths.size() + std::size_t(gang->size()) - 1) / std::size_t(gang->size());
  const std::size_t begin = std::min(whole.lengths.size(), each * std::size_t(gang->rank()));
  return part_of(whole, begin, std::min(whole.lengths.size(), begin + each));
}

void expect_ten_steps(const Trajectory& trajectory, Gang* gang) {
  StackedModel model(trajectory.shape, trajectory.count, gang);
  std::vector<std::vector<Adam>> optimizers(std::size_t(trajectory.count),
                                            std::vector<Adam>(std::size_t(model.parameter_count())));
  {
    const at::NoGradGuard no_grad;
    for (int i = 0; i < model.parameter_count(); ++i) {
      const at::Tensor initial = trajectory.golden.input.at("parameter." + model.parameter_name(i));
      for (int slot = 0; slot < trajectory.count; ++slot) model.parameter(i, slot).copy_(initial[slot]);
    }
  }

  for (int done = 0; done < 10; ++done) {
    std::vector<SlotCase> cases;
    for (int slot = 0; slot < trajectory.count; ++slot) {
      cases.push_back(share_of(slot_case(trajectory, done, slot), gang));
    }
    const Outcome outcome = step(model, cases);
    const at::NoGradGuard no_grad;
    for (int slot = 0; slot < trajectory.count; ++slot) {
      const nlohmann::json& settings = trajectory.slots[std::size_t(slot)];
      for (int i = 0; i < model.parameter_count(); ++i) {
        optimizers[std::size_t(slot)][std::size_t(i)].step(model.parameter(i, slot), model.grad(i, slot), done + 1,
                                                           settings["learning_rate"], settings["weight_decay"]);
      }
    }
    EXPECT_LT(largest_error(outcome.losses.total.detach(), trajectory.golden.expected.at("loss.total")[done]), 1e-9);
    EXPECT_LT(largest_error(outcome.losses.task.detach(), trajectory.golden.expected.at("loss.task")[done]), 1e-9);
  }

  for (int i = 0; i < model.parameter_count(); ++i) {
    const at::Tensor expected = trajectory.golden.expected.at("parameter." + model.parameter_name(i));
    for (int slot = 0; slot < trajectory.count; ++slot) {
      EXPECT_LT(largest_error(model.parameter(i, slot).detach(), expected[slot]), 1e-9) << model.parameter_name(i);
    }
  }
}

class AdamTrajectory : public testing::TestWithParam<std::string> {};

TEST_P(AdamTrajectory, EqualsPyTorchOverTenSteps) {
  expect_ten_steps(read_trajectory(GetParam()), nullptr);
}

TEST_P(AdamTrajectory, OfAGangEqualsPyTorchOverTenSteps) {
  const Trajectory trajectory = read_trajectory(GetParam());
  for (const int members : {2, 3}) {
    run_gang(members, [&](Gang& gang) { expect_ten_steps(trajectory, &gang); });
  }
}

INSTANTIATE_TEST_SUITE_P(Model, AdamTrajectory, testing::ValuesIn(golden_names("trajectory_adam_stack")),
                         [](const auto& test) { return test.param.substr(11); });

}  // namespace
}  // namespace mer::model
