#include "tests/device/gang_scenario.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <limits>

#include "core/check.hpp"
#include "worker/trainer/optimizer.hpp"

namespace mer::model {
namespace {

Shape shape(Dtype dtype, const std::vector<std::string>& modalities = {"audio", "text"}) {
  Shape result;
  result.settings.modalities = modalities;
  result.settings.hidden = 12;
  result.settings.heads = 3;
  result.classes = 4;
  result.dtype = dtype;
  for (std::size_t m = 0; m < modalities.size(); ++m) result.feature_dims.push_back(5 + 2 * int(m));
  return result;
}

Shape of_three_modalities() {
  return shape(Dtype::float64, {"audio", "text", "video"});
}

Shape read_otherwise() {
  Shape result = shape(Dtype::float64);
  result.settings.difference = DifferenceForm::literal;
  result.settings.similarity_norm = SimilarityNorm::squared_l2;
  result.settings.similarity_moments = 1;
  return result;
}

Shape of_one_modality() {
  Shape result = shape(Dtype::float64, {"text"});
  result.settings.auxiliary_loss = result.settings.subspace = result.settings.cross_attention = std::nullopt;
  return result;
}

// In float32 all learn by SGD: Adam makes a whole step of a gradient that rounding alone turns from 0.
TrainSettings train_settings(Dtype dtype, int slot) {
  TrainSettings settings;
  settings.optimizer = dtype == Dtype::float32 ? OptimizerKind::sgd
                                               : std::vector{OptimizerKind::adam, OptimizerKind::adamw,
                                                             OptimizerKind::sgd}[std::size_t(slot)];
  settings.learning_rate = 0.003;
  settings.weight_decay = 0.01 * slot;
  return settings;
}

// Anywhere, and so that members have nothing of a slot.
std::vector<std::int64_t> random_bounds(Random& random, int members, int dialogues) {
  std::vector<std::int64_t> bounds = {0, dialogues};
  for (int i = 1; i < members; ++i) bounds.push_back(draw(random, 0, dialogues));
  std::sort(bounds.begin(), bounds.end());
  return bounds;
}

GangStep random_step(Random& random, const GangScenario& scenario, int number, bool trains) {
  GangStep step;
  step.trains = trains;
  std::vector<int> dialogues;
  for (int slot = 0; slot < kGangSlots; ++slot) dialogues.push_back(draw(random, 0, 5));
  dialogues[std::size_t(number % kGangSlots)] = 4;
  step.whole = random_batch(random, scenario.shape, dialogues, number % 2 == 1);
  for (int slot = 0; slot < kGangSlots; ++slot) {
    const int count = dialogues[std::size_t(slot)];
    step.bounds.push_back(random_bounds(random, scenario.members, count));
    if (number == 2) {  // all with the last member
      std::fill(step.bounds.back().begin(), step.bounds.back().end() - 1, 0);
    }
    if (number == 5) {  // all with the first one
      std::fill(step.bounds.back().begin() + 1, step.bounds.back().end(), count);
    }
    SlotStep now;
    now.settings = {trains ? 0.15 * (slot + 1) : 0, 0.1 * (slot + 1), 0.5 * (slot + 1), std::uint64_t(slot + 11),
                    number};
    now.learns = trains && count > 0;
    now.optimizer = trainer::optimizer_step(train_settings(scenario.shape.dtype, slot), number + 1);
    step.steps.push_back(now);
  }
  return step;
}

}  // namespace

const std::vector<GangScenario>& gang_scenarios() {
  static const std::vector<GangScenario> all = {{"OfOne", 1, shape(Dtype::float64)},
                                                {"OfTwo", 2, shape(Dtype::float64)},
                                                {"OfThreeWithThreeModalities", 3, of_three_modalities()},
                                                {"OfTwoInSinglePrecision", 2, shape(Dtype::float32), 2e-5},
                                                {"OfTwoWithTheLiteralEquations", 2, read_otherwise()},
                                                {"OfThreeWithOneModality", 3, of_one_modality()}};
  return all;
}

const GangScenario& gang_scenario(const std::string& name) {
  const auto& all = gang_scenarios();
  const auto found = std::find_if(all.begin(), all.end(), [&](const GangScenario& each) { return each.name == name; });
  MER_CHECK(found != all.end(), "a scenario of this name");
  return *found;
}

std::vector<std::int64_t> GangStep::rows_of(int member) const {
  std::vector<std::int64_t> rows;
  for (std::size_t slot = 0; slot < bounds.size(); ++slot) {
    const SlotRows& part = whole.layout->slots[slot];
    const std::int64_t end = part.dialogues[std::size_t(bounds[slot][std::size_t(member) + 1])];
    for (std::int64_t row = part.dialogues[std::size_t(bounds[slot][std::size_t(member)])]; row < end; ++row) {
      rows.push_back(part.begin + row);
    }
  }
  return rows;
}

// Flags only where some rows are not scored, as the trainer has them: members differ in that.
Batch GangStep::part_of(int member) const {
  auto layout = std::make_shared<Layout>();
  for (std::size_t slot = 0; slot < bounds.size(); ++slot) {
    const std::int64_t first = bounds[slot][std::size_t(member)], end = bounds[slot][std::size_t(member) + 1];
    const std::vector<std::int64_t> lengths = lengths_of(*whole.layout)[slot];
    layout->add_slot(std::vector(lengths.begin() + first, lengths.begin() + end), first);
  }
  const std::vector<std::int64_t> rows = rows_of(member);
  const auto take = [&](const at::Tensor& of_whole) {
    return spread_rows(of_whole.index_select(0, at::tensor(rows, at::kLong)), *layout);
  };
  Batch part;
  for (const at::Tensor& features : whole.features) part.features.push_back(take(features));
  part.labels = take(whole.labels);
  const auto is_scored = [&](std::int64_t row) { return whole.scored.empty() || whole.scored[std::size_t(row)] != 0; };
  if (!std::all_of(rows.begin(), rows.end(), is_scored)) {
    const at::Tensor flags = take(at::tensor(whole.scored, at::kByte));
    part.scored.assign(flags.const_data_ptr<std::uint8_t>(), flags.const_data_ptr<std::uint8_t>() + flags.numel());
  }
  part.layout = std::move(layout);
  return part;
}

std::vector<GangStep> steps_of(const GangScenario& scenario) {
  Random random(5);
  std::vector<GangStep> steps;
  for (int number = 0; number < kGangSteps; ++number) {
    steps.push_back(random_step(random, scenario, number, true));
    if (number % 3 == 1) steps.push_back(random_step(random, scenario, number, false));
  }
  // A slot diverges in one of them: whoever has its row, all members keep its weights.
  const auto step = std::find_if(steps.rbegin(), steps.rend(), [](const GangStep& each) { return each.trains; });
  const auto& slots = step->whole.layout->slots;
  const auto slot = std::find_if(slots.begin(), slots.end(), [](const SlotRows& part) { return part.rows() > 0; });
  step->whole.features[0][slot->begin][0] = std::numeric_limits<double>::quiet_NaN();
  return steps;
}

}  // namespace mer::model
