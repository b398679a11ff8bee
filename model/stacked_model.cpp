#include "model/stacked_model.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <optional>
#include <torch/csrc/autograd/autograd.h>

#include "core/check.hpp"
#include "model/attention.hpp"
#include "model/device/ops.hpp"
#include "model/losses.hpp"
#include "model/recurrent.hpp"
#include "model/subspace.hpp"
#include "model/subspace_losses.hpp"

namespace mer::model {

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

  at::Tensor operator()(const at::Tensor& features, const LayoutPtr& layout,
                        const std::vector<SlotSettings>& settings) const {
    const at::Tensor context = recurrent(input(features, layout), layout);
    return self_attention ? (*self_attention)(context, layout, settings) : context;
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

  Network(const Shape& shape, int slots, at::Device place);
  std::vector<at::Tensor> fused(const Representations& outputs) const;
  Representations operator()(const Batch& batch, const std::vector<SlotSettings>& settings) const;
};

Network::Network(const Shape& shape, int slots, at::Device place)
    : parameters(slots, shape.dtype, place), pairs(ordered_pairs(shape.settings.modalities.size())) {
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
std::vector<at::Tensor> Network::fused(const Representations& outputs) const {
  std::vector<at::Tensor> parts = outputs.cross;
  const std::size_t modalities = contexts.size();
  if (cross.empty() && subspaces) {
    for (std::size_t m = 0; m < modalities; ++m) parts.push_back(outputs.unique[(m + 1) % modalities]);
  } else if (cross.empty()) {
    parts = outputs.context;
  }
  parts.insert(parts.end(), outputs.public_.begin(), outputs.public_.end());
  return parts;
}

namespace {

// [rows, sum of the parts' widths].
at::Tensor beside(const std::vector<at::Tensor>& parts, const LayoutPtr& layout) {
  if (parts.size() == 1) return parts.front();
  return layout->device ? on_gpu::concatenate(parts) : at::cat(parts, 1);
}

}  // namespace

Representations Network::operator()(const Batch& batch, const std::vector<SlotSettings>& settings) const {
  const LayoutPtr& layout = batch.layout;
  Representations outputs;
  for (std::size_t m = 0; m < contexts.size(); ++m) {
    outputs.context.push_back(contexts[m](batch.features[m], layout, settings));
  }
  if (subspaces) {
    Subspaces mapped = (*subspaces)(outputs.context, layout);
    outputs.public_ = std::move(mapped.public_);
    outputs.unique = std::move(mapped.unique);
    outputs.reconstructed = std::move(mapped.reconstructed);
    outputs.cycled = std::move(mapped.cycled);
  }
  const std::vector<at::Tensor>& adapted = subspaces ? outputs.unique : outputs.context;
  for (std::size_t p = 0; p < cross.size(); ++p) {
    outputs.cross.push_back(cross[p](adapted[pairs[p].target], adapted[pairs[p].source], layout, settings));
  }
  const std::vector<at::Tensor> parts = fused(outputs);
  outputs.logits = classifier(beside(parts, layout), layout);
  for (std::size_t m = 0; m < auxiliary.size(); ++m) {
    outputs.auxiliary_logits.push_back(auxiliary[m](outputs.context[m], layout));
  }
  return outputs;
}

namespace {

at::Tensor sum(const std::vector<at::Tensor>& terms) {
  at::Tensor total = terms.front();
  for (std::size_t i = 1; i < terms.size(); ++i) total = total + terms[i];
  return total;
}

// [R] of each slot's hyperparameter.
at::Tensor by_slot(const std::vector<SlotSettings>& settings, double SlotSettings::*field, at::ScalarType type) {
  std::vector<double> values;
  for (const SlotSettings& slot : settings) values.push_back(slot.*field);
  return at::tensor(values, at::kDouble).to(type);
}

}  // namespace

StackedModel::StackedModel(Shape shape, int slots, Gang* gang, at::Device place)
    : shape_(std::move(shape)),
      slots_(slots),
      gang_(gang),
      learns_(std::size_t(slots)),
      network_(std::make_unique<Network>(shape_, slots, place)) {}
StackedModel::StackedModel(StackedModel&&) noexcept = default;
StackedModel& StackedModel::operator=(StackedModel&&) noexcept = default;
StackedModel::~StackedModel() = default;

void StackedModel::use_slots(int slots) {
  if (slots == slots_) return;
  clear_gradients();
  network_->parameters.use(slots);
  slots_ = slots;
}

void StackedModel::initialise(int slot, std::uint64_t seed) {
  network_->parameters.initialise(slot, seed);
}

int StackedModel::parameter_count() const {
  return network_->parameters.count();
}

const std::string& StackedModel::parameter_name(int parameter) const {
  return network_->parameters[parameter].name;
}

at::Tensor StackedModel::parameter(int parameter, int slot) const {
  const Parameter& entry = network_->parameters[parameter];
  return entry.of_slot(entry.values, slot);
}

at::Tensor StackedModel::grad(int parameter, int slot) const {
  if (!learns_[std::size_t(slot)]) return {};
  const Parameter& entry = network_->parameters[parameter];
  return entry.of_slot(entry.values.grad(), slot);
}

const at::Tensor& StackedModel::stacked_parameter(int parameter) const {
  return network_->parameters[parameter].values;
}

at::Tensor StackedModel::stacked_gradient(int parameter) const {
  return network_->parameters[parameter].values.grad();
}

at::Tensor StackedModel::of_slot(int parameter, const at::Tensor& stacked, int slot) const {
  return network_->parameters[parameter].of_slot(stacked, slot);
}

void StackedModel::clear_gradients() {
  for (int i = 0; i < parameter_count(); ++i) network_->parameters[i].values.mutable_grad().reset();
}

Representations StackedModel::forward(const Batch& batch, const std::vector<SlotSettings>& settings) {
  MER_CHECK(batch.layout->slots.size() == std::size_t(slots_) && settings.size() == std::size_t(slots_),
            "one batch part per slot");
  MER_CHECK(batch.features.size() == shape_.feature_dims.size(), "one feature matrix per modality");
  for (const at::Tensor& features : batch.features) {
    MER_CHECK(features.size(0) == batch.layout->rows(), "features lie as the layout says");
  }
  return (*network_)(batch, settings);
}

Losses StackedModel::losses(const Batch& batch, const Representations& representations,
                            const std::vector<SlotSettings>& settings) {
  if (batch.layout->device) {
    learns_.assign(learns_.size(), true);
    return on_gpu::losses(batch, representations, shape_.settings);
  }
  const RowSelection scored(batch.layout, batch.scored);
  const at::Tensor labels = scored(batch.labels);
  const at::Tensor counts = count_rows(*scored.layout());
  const CrossEntropy task(scored(representations.logits), labels, scored.layout());
  std::vector<CrossEntropy> auxiliary;
  for (const at::Tensor& logits : representations.auxiliary_logits) {
    auxiliary.emplace_back(scored(logits), labels, scored.layout());
  }
  std::optional<SubspaceLosses> subspace;
  if (!representations.public_.empty()) subspace.emplace(representations, scored, shape_.settings);

  std::vector<at::Tensor> sums = {counts, task.sums()};
  for (const CrossEntropy& loss : auxiliary) sums.push_back(loss.sums());
  if (subspace) {
    const std::vector<at::Tensor> own = subspace->sums();
    sums.insert(sums.end(), own.begin(), own.end());
  }
  sum_over(gang_, sums);
  std::transform(counts.const_data_ptr<double>(), counts.const_data_ptr<double>() + slots_, learns_.begin(),
                 [](double rows) { return rows > 0; });
  layout_ = batch.layout;

  Losses result;
  result.task = task.mean(counts);
  result.total = result.task;
  for (const CrossEntropy& loss : auxiliary) result.auxiliary_by_modality.push_back(loss.mean(counts));
  if (!auxiliary.empty()) {
    result.auxiliary = sum(result.auxiliary_by_modality);
    result.total = result.total + result.auxiliary;
  }
  if (subspace) {
    subspace->centre(counts);
    sum_over(gang_, subspace->sums_of_centred());
    subspace->finish(counts, gang_, result);
    const at::ScalarType type = scalar_type_of(shape_.dtype);
    const at::Tensor alpha = by_slot(settings, &SlotSettings::alpha, type);
    const at::Tensor beta = by_slot(settings, &SlotSettings::beta, type);
    result.subspace = result.reconstruction + result.cycle + alpha * (result.similarity + result.difference);
    result.total = result.total + beta * result.subspace;
  }
  return result;
}

void StackedModel::backward(const Losses& losses) {
  torch::autograd::backward({losses.total}, {at::ones_like(losses.total)});
  if (on_device(losses.total)) {
    sum_gradients_on_device();
  } else if (gang_ != nullptr) {
    sum_gradients();
  }
}

void StackedModel::sum_gradients_on_device() {
  if (!device_runtime().in_gang()) return;
  std::vector<at::Tensor> gradients;
  for (int i = 0; i < parameter_count(); ++i) {
    if (stacked_gradient(i).defined()) gradients.push_back(stacked_gradient(i));
  }
  on_gpu::add_up_gradients(gradients);
}

// All weights' gradients of the slots that learn, in one go. A member without rows of a slot has nothing to add.
void StackedModel::sum_gradients() {
  std::vector<at::Tensor> parts;
  for (int i = 0; i < parameter_count(); ++i) {
    for (int slot = 0; slot < slots_; ++slot) {
      const at::Tensor part = grad(i, slot);
      if (!part.defined()) continue;
      if (layout_->slots[std::size_t(slot)].rows() == 0) part.zero_();
      parts.push_back(part.view({-1}));
    }
  }
  if (parts.empty()) return;
  const at::Tensor sums = at::cat(parts);
  sum_in_place(*gang_, sums);
  std::int64_t begin = 0;
  for (const at::Tensor& part : parts) {
    part.copy_(sums.narrow(0, begin, part.numel()));
    begin += part.numel();
  }
}

}  // namespace mer::model
