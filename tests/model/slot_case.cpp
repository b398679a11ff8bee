#include "tests/model/slot_case.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <numeric>

namespace mer::model {

int draw(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

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

SlotCase part_of(const SlotCase& slot, std::size_t begin, std::size_t end) {
  const auto at_dialogue = [&](std::size_t dialogue) {
    return std::accumulate(slot.lengths.begin(), slot.lengths.begin() + std::int64_t(dialogue), std::int64_t{0});
  };
  const std::int64_t first = at_dialogue(begin), last = at_dialogue(end);
  SlotCase part;
  part.lengths.assign(slot.lengths.begin() + std::int64_t(begin), slot.lengths.begin() + std::int64_t(end));
  for (const at::Tensor& features : slot.features) part.features.push_back(features.narrow(0, first, last - first));
  part.labels = slot.labels.narrow(0, first, last - first);
  if (!slot.scored.empty()) part.scored.assign(slot.scored.begin() + first, slot.scored.begin() + last);
  part.settings = slot.settings;
  part.first_dialogue = slot.first_dialogue + std::int64_t(begin);
  return part;
}

Batch batch_of(const std::vector<SlotCase>& slots) {
  Batch batch;
  auto layout = std::make_shared<Layout>();
  std::vector<at::Tensor> labels, scored;
  std::vector<std::vector<at::Tensor>> features(slots.front().features.size());
  for (const SlotCase& slot : slots) {
    layout->add_slot(slot.lengths, slot.first_dialogue);
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

void Adam::step(const at::Tensor& weights, const at::Tensor& gradient, int t, double rate, double decay) {
  const at::Tensor g = gradient + decay * weights;
  first = (first.defined() ? 0.9 * first : at::zeros_like(g)) + 0.1 * g;
  second = (second.defined() ? 0.999 * second : at::zeros_like(g)) + 0.001 * g * g;
  const at::Tensor scale = (second / (1 - std::pow(0.999, t))).sqrt() + 1e-8;
  weights.sub_(rate / (1 - std::pow(0.9, t)) * first / scale);
}

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

}  // namespace mer::model
