#include "model/stacked_model.hpp"

#include <ATen/ATen.h>
#include <optional>
#include <torch/csrc/autograd/autograd.h>

#include "core/check.hpp"
#include "model/attention.hpp"
#include "model/losses.hpp"
#include "model/recurrent.hpp"
#include "model/subspace.hpp"

namespace mer::model {

// The packed lists of Representations, slot by slot.
struct RaggedOutputs {
  std::vector<PerSlot> context;
  Subspaces subspaces;
  std::vector<PerSlot> cross;
  std::vector<PerSlot> auxiliary_logits;
  PerSlot logits;
};

namespace {

struct Pair {
  std::size_t source, target;
};

// Ordered pairs of different modalities: (0,1), (1,0) for two.
std::vector<Pair> ordered_pairs(std::size_t modalities) {
  std::vector<Pair> pairs;
  for (std::size_t source = 0; source < modalities; ++source) {
    for (std::size_t target = 0; target < modalities; ++target) {
      if (source != target) pairs.push_back({source, target});
    }
  }
  return pairs;
}

// Section 3.3 for one modality: FC, recurrent layer over the dialogue, self-attention.
struct ContextEncoder {
  Linear input;
  RecurrentLayer recurrent;
  std::optional<SelfAttention> self_attention;

  ContextEncoder(Parameters& parameters, const ModelSettings& settings, std::size_t modality, int feature_dim)
      : input(parameters, settings.modalities[modality] + ".input", feature_dim, settings.hidden),
        recurrent(parameters, settings.modalities[modality] + ".recurrent", settings) {
    if (!settings.self_attention) return;
    self_attention.emplace(parameters, settings.modalities[modality] + ".self_attention", settings,
                           std::uint32_t(modality));
  }

  PerSlot operator()(const PerSlot& features, const std::vector<SlotRows>& rows,
                     const std::vector<SlotSettings>& settings) const {
    const PerSlot context = recurrent(input(features), rows);
    return self_attention ? (*self_attention)(context, rows, settings) : context;
  }
};

}  // namespace

// The paper's figure 2. Dropout layers are numbered: self-attention of modality m: m; cross-attention of pair p:
// M + p; its feed-forward: M + pairs + p.
struct Network {
  Parameters parameters;
  std::vector<Pair> pairs;
  std::vector<ContextEncoder> contexts;
  std::optional<SubspaceMapping> subspaces;
  std::vector<CrossAttention> cross;
  Linear classifier;
  std::vector<Linear> auxiliary;

  Network(const Shape& shape, int slots);
  std::vector<PerSlot> fused(const RaggedOutputs& outputs) const;
  RaggedOutputs operator()(const std::vector<PerSlot>& features, const std::vector<SlotRows>& rows,
                           const std::vector<SlotSettings>& settings) const;
};

Network::Network(const Shape& shape, int slots)
    : parameters(slots, shape.dtype), pairs(ordered_pairs(shape.settings.modalities.size())) {
  const ModelSettings& settings = shape.settings;
  const std::size_t modalities = settings.modalities.size();
  MER_CHECK(modalities > 0 && modalities == shape.feature_dims.size(), "one feature width per modality");
  MER_CHECK(shape.classes > 0 && slots > 0, "a model needs classes and slots");
  const bool several = modalities > 1;
  for (std::size_t m = 0; m < modalities; ++m) contexts.emplace_back(parameters, settings, m, shape.feature_dims[m]);
  if (several && settings.subspace.value_or(false)) subspaces.emplace(parameters, settings);
  if (several && settings.cross_attention.value_or(false)) {
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      const std::string name = settings.modalities[pairs[p].source] + "_to_" + settings.modalities[pairs[p].target];
      cross.emplace_back(parameters, name + ".cross_attention", settings, std::uint32_t(modalities + p),
                         std::uint32_t(modalities + pairs.size() + p));
    }
  }
  const std::size_t parts = (cross.empty() ? modalities : pairs.size()) + (subspaces ? modalities : std::size_t{0});
  classifier = Linear(parameters, "classifier", int(parts) * settings.hidden, shape.classes);
  if (!several || !settings.auxiliary_loss.value_or(false)) return;
  for (const std::string& modality : settings.modalities) {
    auxiliary.emplace_back(parameters, modality + ".auxiliary", settings.hidden, shape.classes);
  }
}

// [F_a->t, F_t->a, U_a^pub, U_t^pub]. Without cross-attention the unique representations of the targets stand in for
// F; without subspaces there is no public part, and without both [U_a, U_t] is left.
std::vector<PerSlot> Network::fused(const RaggedOutputs& outputs) const {
  std::vector<PerSlot> parts = outputs.cross;
  const std::size_t modalities = contexts.size();
  if (cross.empty() && subspaces) {
    for (std::size_t m = 0; m < modalities; ++m) parts.push_back(outputs.subspaces.unique[(m + 1) % modalities]);
  } else if (cross.empty()) {
    parts = outputs.context;
  }
  parts.insert(parts.end(), outputs.subspaces.public_.begin(), outputs.subspaces.public_.end());
  return parts;
}

RaggedOutputs Network::operator()(const std::vector<PerSlot>& features, const std::vector<SlotRows>& rows,
                                  const std::vector<SlotSettings>& settings) const {
  RaggedOutputs outputs;
  for (std::size_t m = 0; m < contexts.size(); ++m) {
    outputs.context.push_back(contexts[m](features[m], rows, settings));
  }
  if (subspaces) outputs.subspaces = (*subspaces)(outputs.context);
  const std::vector<PerSlot>& adapted = subspaces ? outputs.subspaces.unique : outputs.context;
  for (std::size_t p = 0; p < cross.size(); ++p) {
    outputs.cross.push_back(cross[p](adapted[pairs[p].target], adapted[pairs[p].source], rows, settings));
  }
  outputs.logits = classifier(concatenate(fused(outputs)));
  for (std::size_t m = 0; m < auxiliary.size(); ++m) {
    outputs.auxiliary_logits.push_back(auxiliary[m](outputs.context[m]));
  }
  return outputs;
}

namespace {

std::vector<at::Tensor> stack_each(const std::vector<PerSlot>& parts) {
  std::vector<at::Tensor> stacked;
  for (const PerSlot& part : parts) stacked.push_back(stack_rows(part));
  return stacked;
}

// For each slot the numbers of its scored rows; nullopt: all rows are scored.
std::optional<PerSlot> scored_rows(const Batch& batch) {
  if (batch.scored.empty()) return std::nullopt;
  PerSlot indices(std::size_t(batch.layout.slots()));
  for (int slot = 0; slot < batch.layout.slots(); ++slot) {
    std::vector<std::int64_t> rows;
    const std::int64_t begin = batch.layout.slot_begin(slot);
    for (std::int64_t row = begin; row < batch.layout.slot_end(slot); ++row) {
      if (batch.scored[std::size_t(row)] != 0) rows.push_back(row - begin);
    }
    indices[std::size_t(slot)] = at::tensor(rows, at::kLong);
  }
  return indices;
}

// The rows that enter losses; undefined for a slot that has none.
class Scored {
 public:
  explicit Scored(const Batch& batch) : rows_(scored_rows(batch)) {}

  PerSlot operator()(const PerSlot& parts) const {
    if (!rows_) return parts;
    return map(
        [](const at::Tensor& part, const at::Tensor& rows) {
          if (rows.numel() == part.size(0)) return part;
          return rows.numel() == 0 ? at::Tensor() : part.index_select(0, rows);
        },
        parts, *rows_);
  }

 private:
  std::optional<PerSlot> rows_;
};

PerSlot sum(const std::vector<PerSlot>& terms) {
  PerSlot total = terms.front();
  for (std::size_t i = 1; i < terms.size(); ++i) total = add(total, terms[i]);
  return total;
}

// Scalars of the slots as one tensor [R]; 0 where a slot takes no part.
at::Tensor stack_scalars(const PerSlot& scalars, at::ScalarType type) {
  std::vector<at::Tensor> values;
  for (const at::Tensor& scalar : scalars) values.push_back(scalar.defined() ? scalar : at::zeros({}, type));
  return at::stack(values);
}

struct SubspaceLosses {
  PerSlot similarity, difference, reconstruction, cycle;
};

// Eq 5-8, over modalities and unordered pairs of them.
SubspaceLosses subspace_losses(const RaggedOutputs& outputs, const Scored& scored, const ModelSettings& settings) {
  std::vector<PerSlot> similarity, difference, reconstruction, cycle;
  const auto overlap_of = [&](const at::Tensor& x, const at::Tensor& y) { return overlap(x, y, settings.difference); };
  const auto distance_of = [&](const at::Tensor& x, const at::Tensor& y) {
    return moment_discrepancy(x, y, settings.similarity_moments, settings.similarity_norm);
  };
  std::vector<PerSlot> public_, unique;
  for (std::size_t m = 0; m < outputs.context.size(); ++m) {
    public_.push_back(scored(outputs.subspaces.public_[m]));
    unique.push_back(scored(outputs.subspaces.unique[m]));
    reconstruction.push_back(
        map(squared_error, scored(outputs.context[m]), scored(outputs.subspaces.reconstructed[m])));
    cycle.push_back(map(squared_error, unique[m], scored(outputs.subspaces.cycled[m])));
    difference.push_back(map(overlap_of, unique[m], public_[m]));
    for (std::size_t other = 0; other < m; ++other) {
      similarity.push_back(map(distance_of, public_[m], public_[other]));
      difference.push_back(map(overlap_of, unique[m], unique[other]));
    }
  }
  return {sum(similarity), sum(difference), sum(reconstruction), sum(cycle)};
}

}  // namespace

StackedModel::StackedModel(Shape shape, int slots)
    : shape_(std::move(shape)), slots_(slots), network_(std::make_unique<Network>(shape_, slots)) {}
StackedModel::StackedModel(StackedModel&&) noexcept = default;
StackedModel& StackedModel::operator=(StackedModel&&) noexcept = default;
StackedModel::~StackedModel() = default;

void StackedModel::initialise(int slot, std::uint64_t seed) {
  network_->parameters.initialise(slot, seed);
}

int StackedModel::parameter_count() const {
  return network_->parameters.count();
}

const std::string& StackedModel::parameter_name(int parameter) const {
  return network_->parameters.name(parameter);
}

at::Tensor StackedModel::parameter(int parameter, int slot) {
  return network_->parameters.tensor(parameter, slot);
}

at::Tensor StackedModel::grad(int parameter, int slot) {
  return network_->parameters.tensor(parameter, slot).grad();
}

void StackedModel::clear_gradients() {
  for (int i = 0; i < parameter_count(); ++i) {
    for (int slot = 0; slot < slots_; ++slot) network_->parameters.tensor(i, slot).mutable_grad().reset();
  }
}

Representations StackedModel::forward(const Batch& batch, const std::vector<SlotSettings>& settings) {
  MER_CHECK(batch.layout.slots() == slots_ && settings.size() == std::size_t(slots_), "one batch part per slot");
  MER_CHECK(batch.features.size() == shape_.feature_dims.size(), "one feature matrix per modality");
  std::vector<PerSlot> features;
  for (const at::Tensor& modality : batch.features) features.push_back(split_by_slot(modality, batch.layout));
  auto ragged = std::make_shared<const RaggedOutputs>((*network_)(features, rows_of(batch.layout), settings));
  Representations result;
  result.context = stack_each(ragged->context);
  result.public_ = stack_each(ragged->subspaces.public_);
  result.unique = stack_each(ragged->subspaces.unique);
  result.reconstructed = stack_each(ragged->subspaces.reconstructed);
  result.cycled = stack_each(ragged->subspaces.cycled);
  result.cross = stack_each(ragged->cross);
  result.auxiliary_logits = stack_each(ragged->auxiliary_logits);
  result.logits = stack_rows(ragged->logits);
  result.ragged = std::move(ragged);
  return result;
}

Losses StackedModel::losses(const Batch& batch, const Representations& representations,
                            const std::vector<SlotSettings>& settings) {
  MER_CHECK(representations.ragged != nullptr, "representations come from forward()");
  const RaggedOutputs& outputs = *representations.ragged;
  const Scored scored(batch);
  const at::ScalarType type = scalar_type_of(shape_.dtype);
  const PerSlot labels = scored(split_by_slot(batch.labels, batch.layout));
  Losses result;
  PerSlot total = map(cross_entropy, scored(outputs.logits), labels);
  result.task = stack_scalars(total, type);

  if (!outputs.auxiliary_logits.empty()) {
    std::vector<PerSlot> terms;
    for (const PerSlot& logits : outputs.auxiliary_logits) {
      terms.push_back(map(cross_entropy, scored(logits), labels));
      result.auxiliary_by_modality.push_back(stack_scalars(terms.back(), type));
    }
    const PerSlot auxiliary = sum(terms);
    result.auxiliary = stack_scalars(auxiliary, type);
    total = add(total, auxiliary);
  }

  if (!outputs.subspaces.public_.empty()) {
    const SubspaceLosses terms = subspace_losses(outputs, scored, shape_.settings);
    result.similarity = stack_scalars(terms.similarity, type);
    result.difference = stack_scalars(terms.difference, type);
    result.reconstruction = stack_scalars(terms.reconstruction, type);
    result.cycle = stack_scalars(terms.cycle, type);
    PerSlot subspace(total.size());
    for (std::size_t slot = 0; slot < total.size(); ++slot) {
      if (!total[slot].defined()) continue;
      subspace[slot] = terms.reconstruction[slot] + terms.cycle[slot] +
                       settings[slot].alpha * (terms.similarity[slot] + terms.difference[slot]);
      total[slot] = total[slot] + settings[slot].beta * subspace[slot];
    }
    result.subspace = stack_scalars(subspace, type);
  }
  result.total = stack_scalars(total, type);
  return result;
}

void StackedModel::backward(const Losses& losses) {
  if (!losses.total.requires_grad()) return;  // no slot had scored rows
  torch::autograd::backward({losses.total}, {at::ones_like(losses.total)});
}

}  // namespace mer::model
