#include "model/stacked_model.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

#include "core/json.hpp"
#include "tests/model/golden.hpp"

namespace mer::model {
namespace {

using Random = std::mt19937;

int draw(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

// What one slot sees at one step.
struct SlotCase {
  std::vector<std::int64_t> lengths;
  std::vector<at::Tensor> features;
  at::Tensor labels;
  std::vector<std::uint8_t> scored;
  SlotSettings settings;
};

SlotCase random_case(Random& random, const Shape& shape, int dialogues) {
  SlotCase slot;
  std::int64_t rows = 0;
  for (int i = 0; i < dialogues; ++i) {
    slot.lengths.push_back(draw(random, 1, 12));
    rows += slot.lengths.back();
  }
  std::normal_distribution<double> normal;
  for (const int dim : shape.feature_dims) {
    at::Tensor features = at::empty({rows, dim}, at::kDouble);
    std::generate_n(features.mutable_data_ptr<double>(), features.numel(), [&] { return normal(random); });
    slot.features.push_back(features.to(shape.dtype == Dtype::float64 ? at::kDouble : at::kFloat));
  }
  slot.labels = at::empty({rows}, at::kLong);
  for (std::int64_t row = 0; row < rows; ++row) {
    slot.labels[row] = draw(random, 0, shape.classes - 1);
    slot.scored.push_back(std::uint8_t(draw(random, 0, 9) > 0));
  }
  slot.settings = {draw(random, 0, 1) * 0.3, 0.1 * draw(random, 0, 3), 0.5 * draw(random, 0, 2),
                   std::uint64_t(draw(random, 0, 1000)), draw(random, 0, 1000)};
  return slot;
}

Batch batch_of(const std::vector<SlotCase>& slots) {
  Batch batch;
  auto layout = std::make_shared<Layout>();
  std::vector<at::Tensor> labels, scored;
  std::vector<std::vector<at::Tensor>> features(slots.front().features.size());
  for (const SlotCase& slot : slots) {
    layout->add_slot(slot.lengths);
    for (std::size_t m = 0; m < features.size(); ++m) features[m].push_back(slot.features[m]);
    labels.push_back(slot.labels);
    if (!slot.scored.empty()) scored.push_back(at::tensor(slot.scored, at::kByte));
  }
  for (const auto& modality : features) batch.features.push_back(spread_rows(at::cat(modality), *layout));
  batch.labels = spread_rows(at::cat(labels), *layout);
  if (!scored.empty()) {
    const at::Tensor flags = spread_rows(at::cat(scored), *layout);
    batch.scored.assign(flags.const_data_ptr<std::uint8_t>(), flags.const_data_ptr<std::uint8_t>() + flags.numel());
  }
  batch.layout = std::move(layout);
  return batch;
}

struct Outcome {
  LayoutPtr layout;
  Representations representations;
  Losses losses;
  std::vector<std::vector<at::Tensor>> gradients;  // [slot][parameter]
};

Outcome step(StackedModel& model, const std::vector<SlotCase>& slots) {
  std::vector<SlotSettings> settings;
  for (const SlotCase& slot : slots) settings.push_back(slot.settings);
  const Batch batch = batch_of(slots);
  Outcome outcome;
  outcome.layout = batch.layout;
  model.clear_gradients();
  outcome.representations = model.forward(batch, settings);
  outcome.losses = model.losses(batch, outcome.representations, settings);
  model.backward(outcome.losses);
  for (int slot = 0; slot < model.slots(); ++slot) {
    outcome.gradients.emplace_back();
    for (int i = 0; i < model.parameter_count(); ++i) outcome.gradients.back().push_back(model.grad(i, slot));
  }
  return outcome;
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  const at::Tensor left = a.detach().contiguous();
  const at::Tensor right = b.detach().contiguous();
  return left.sizes() == right.sizes() && left.scalar_type() == right.scalar_type() &&
         std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0;
}

// Losses and logits of `slot` in the stack are those of the model alone, and so are its gradients.
void expect_same(const Outcome& stack, std::size_t slot, const Outcome& alone, StackedModel& model) {
  const SlotRows& part = stack.layout->slots[slot];
  const auto same_rows = [&](const at::Tensor& stacked, const at::Tensor& single) {
    return same_bits(stacked.narrow(0, part.begin, part.rows()), single.narrow(0, 0, part.rows()));
  };
  EXPECT_TRUE(same_rows(stack.representations.logits, alone.representations.logits));
  for (std::size_t m = 0; m < alone.representations.context.size(); ++m) {
    EXPECT_TRUE(same_rows(stack.representations.context[m], alone.representations.context[m]));
  }
  for (std::size_t p = 0; p < alone.representations.cross.size(); ++p) {
    EXPECT_TRUE(same_rows(stack.representations.cross[p], alone.representations.cross[p]));
  }
  EXPECT_TRUE(same_bits(stack.losses.total[std::int64_t(slot)], alone.losses.total[0]));
  EXPECT_TRUE(same_bits(stack.losses.task[std::int64_t(slot)], alone.losses.task[0]));
  for (int i = 0; i < model.parameter_count(); ++i) {
    EXPECT_TRUE(same_bits(stack.gradients[slot][std::size_t(i)], alone.gradients[0][std::size_t(i)]))
        << model.parameter_name(i);
  }
}

struct Variant {
  const char* name;
  Dtype dtype;
  ModelSettings settings;
  std::vector<int> feature_dims;
};

std::vector<Variant> variants() {
  ModelSettings standard;  // the paper's widths
  ModelSettings odd;       // widths that are no multiple of a vector register
  odd.hidden = 22;
  odd.heads = 11;
  odd.recurrent = Recurrent::bilstm;
  odd.self_attention_form = AttentionForm::bilinear;
  odd.cross_attention_residual = odd.cross_attention_feed_forward = odd.cross_attention_positions = true;
  ModelSettings single;
  single.modalities = {"text"};
  single.recurrent = Recurrent::lstm;
  single.auxiliary_loss = single.subspace = single.cross_attention = std::nullopt;
  return {{"float32", Dtype::float32, standard, {100, 768}},
          {"float64", Dtype::float64, standard, {100, 768}},
          {"OddWidths32", Dtype::float32, odd, {47, 33}},
          {"OddWidths64", Dtype::float64, odd, {47, 33}},
          {"OneModality", Dtype::float32, single, {385}}};
}

class Neighbours : public testing::TestWithParam<Variant> {};

// The promise that stacked training rests on. Random stacks; slots may be empty, alone or many.
TEST_P(Neighbours, DoNotChangeASlotsBits) {
  const Shape shape{GetParam().settings, GetParam().feature_dims, 4, GetParam().dtype};
  Random random(20240501);
  StackedModel single(shape, 1);
  for (int trial = 0; trial < 5; ++trial) {
    const int slots = trial == 0 ? 1 : draw(random, 2, 4);
    StackedModel stack(shape, slots);
    std::vector<SlotCase> cases;
    for (int slot = 0; slot < slots; ++slot) {
      stack.initialise(slot, std::uint64_t(draw(random, 0, 5)));
      cases.push_back(random_case(random, shape, slot > 0 && draw(random, 0, 3) == 0 ? 0 : draw(random, 1, 8)));
    }

    const Outcome together = step(stack, cases);

    for (int slot = 0; slot < slots; ++slot) {
      const SlotCase& own = cases[std::size_t(slot)];
      const std::int64_t rows = own.labels.numel();
      const at::NoGradGuard no_grad;
      for (int i = 0; i < stack.parameter_count(); ++i) single.parameter(i, 0).copy_(stack.parameter(i, slot));
      const at::AutoGradMode with_graph(true);
      const Outcome alone = rows > 0 ? step(single, {own}) : Outcome();
      if (rows > 0) {
        expect_same(together, std::size_t(slot), alone, single);
      } else {
        EXPECT_EQ(together.losses.total[slot].item<double>(), 0);
        for (const at::Tensor& gradient : together.gradients[std::size_t(slot)]) EXPECT_FALSE(gradient.defined());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Stack, Neighbours, testing::ValuesIn(variants()),
                         [](const auto& test) { return std::string(test.param.name); });

// --- ten optimizer steps against torch.optim.Adam in Python ---

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

// Kingma and Ba 2015, with L2 coupled as in torch.optim.Adam.
struct Adam {
  at::Tensor first, second;

  void step(const at::Tensor& weights, const at::Tensor& gradient, int t, double rate, double decay) {
    const at::Tensor g = gradient + decay * weights;
    first = (first.defined() ? 0.9 * first : at::zeros_like(g)) + 0.1 * g;
    second = (second.defined() ? 0.999 * second : at::zeros_like(g)) + 0.001 * g * g;
    const at::Tensor scale = (second / (1 - std::pow(0.999, t))).sqrt() + 1e-8;
    weights.sub_(rate / (1 - std::pow(0.9, t)) * first / scale);
  }
};

class AdamTrajectory : public testing::TestWithParam<std::string> {};

TEST_P(AdamTrajectory, EqualsPyTorchOverTenSteps) {
  const Trajectory trajectory = read_trajectory(GetParam());
  StackedModel model(trajectory.shape, trajectory.count);
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
    for (int slot = 0; slot < trajectory.count; ++slot) cases.push_back(slot_case(trajectory, done, slot));
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

INSTANTIATE_TEST_SUITE_P(Model, AdamTrajectory, testing::ValuesIn(golden_names("trajectory_adam_stack")),
                         [](const auto& test) { return test.param.substr(11); });

TEST(StackedModelTest, WithoutGradModeBuildsNoGraph) {
  const Shape shape{ModelSettings(), {5, 7}, 4, Dtype::float32};
  Random random(1);
  StackedModel model(shape, 1);
  model.initialise(0, 1);
  const SlotCase slot = random_case(random, shape, 3);
  const at::NoGradGuard no_grad;

  const Batch batch = batch_of({slot});
  const Losses losses = model.losses(batch, model.forward(batch, {slot.settings}), {slot.settings});

  EXPECT_FALSE(losses.total.requires_grad());
}

TEST(StackedModelTest, SlotWithoutScoredRowsHasNoLossAndNoGradient) {
  const Shape shape{ModelSettings(), {5, 7}, 4, Dtype::float32};
  Random random(1);
  StackedModel model(shape, 2);
  std::vector<SlotCase> slots = {random_case(random, shape, 3), random_case(random, shape, 2)};
  slots[0].scored.assign(slots[0].scored.size(), 1);
  slots[1].scored.assign(slots[1].scored.size(), 0);

  const Outcome outcome = step(model, slots);

  EXPECT_GT(outcome.losses.total[0].item<double>(), 0);
  EXPECT_EQ(outcome.losses.total[1].item<double>(), 0);
  for (const at::Tensor& gradient : outcome.gradients[1]) EXPECT_FALSE(gradient.defined());
}

}  // namespace
}  // namespace mer::model
