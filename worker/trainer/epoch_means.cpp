#include "worker/trainer/epoch_means.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"

namespace mer::trainer {
namespace {

std::optional<std::vector<double>> host_values(const at::Tensor& by_slot) {
  if (!by_slot.defined()) return std::nullopt;
  const at::Tensor host = by_slot.detach().to(at::kCPU, at::kDouble).contiguous();
  return std::vector<double>(host.data_ptr<double>(), host.data_ptr<double>() + host.numel());
}

void set(std::vector<LossComponents>& components, const at::Tensor& by_slot,
         std::optional<double> LossComponents::*field) {
  const auto values = host_values(by_slot);
  if (!values) return;
  for (std::size_t slot = 0; slot < components.size(); ++slot) components[slot].*field = (*values)[slot];
}

void set(std::vector<LossComponents>& components, const at::Tensor& by_slot, double LossComponents::*field) {
  const auto values = host_values(by_slot);
  MER_CHECK(values.has_value(), "every model has a total and a task loss");
  for (std::size_t slot = 0; slot < components.size(); ++slot) components[slot].*field = (*values)[slot];
}

void add_to(std::optional<double>& sum, const std::optional<double>& value, double weight) {
  if (value) sum = sum.value_or(0) + *value * weight;
}

void divide(std::optional<double>& sum, double by) {
  if (sum) *sum /= by;
}

}  // namespace

std::vector<LossComponents> components_by_slot(const model::Losses& losses, int slots) {
  std::vector<LossComponents> components{std::size_t(slots)};
  set(components, losses.total, &LossComponents::total);
  set(components, losses.task, &LossComponents::task);
  set(components, losses.auxiliary, &LossComponents::auxiliary);
  set(components, losses.subspace, &LossComponents::subspace);
  set(components, losses.similarity, &LossComponents::similarity);
  set(components, losses.difference, &LossComponents::difference);
  set(components, losses.reconstruction, &LossComponents::reconstruction);
  set(components, losses.cycle, &LossComponents::cycle);
  for (const at::Tensor& modality : losses.auxiliary_by_modality) {
    const std::vector<double> values = host_values(modality).value();
    for (std::size_t slot = 0; slot < components.size(); ++slot) {
      components[slot].auxiliary_by_modality.push_back(values[slot]);
    }
  }
  return components;
}

std::optional<std::string> not_finite(const LossComponents& losses) {
  const auto bad = [](const std::optional<double>& value) { return value && !std::isfinite(*value); };
  if (bad(losses.task)) return "task";
  if (bad(losses.auxiliary)) return "auxiliary";
  if (bad(losses.similarity)) return "similarity";
  if (bad(losses.difference)) return "difference";
  if (bad(losses.reconstruction)) return "reconstruction";
  if (bad(losses.cycle)) return "cycle";
  if (bad(losses.total)) return "total";
  return std::nullopt;
}

void LossMeans::add(const LossComponents& batch, std::int64_t utterances) {
  const double weight = double(utterances);
  utterances_ += utterances;
  sum_.total += batch.total * weight;
  sum_.task += batch.task * weight;
  add_to(sum_.auxiliary, batch.auxiliary, weight);
  add_to(sum_.subspace, batch.subspace, weight);
  add_to(sum_.similarity, batch.similarity, weight);
  add_to(sum_.difference, batch.difference, weight);
  add_to(sum_.reconstruction, batch.reconstruction, weight);
  add_to(sum_.cycle, batch.cycle, weight);
  sum_.auxiliary_by_modality.resize(batch.auxiliary_by_modality.size());
  for (std::size_t i = 0; i < batch.auxiliary_by_modality.size(); ++i) {
    sum_.auxiliary_by_modality[i] += batch.auxiliary_by_modality[i] * weight;
  }
}

LossComponents LossMeans::mean() const {
  MER_CHECK(utterances_ > 0, "a mean needs at least one utterance");
  const double weight = double(utterances_);
  LossComponents mean = sum_;
  mean.total /= weight;
  mean.task /= weight;
  for (auto* field :
       {&mean.auxiliary, &mean.subspace, &mean.similarity, &mean.difference, &mean.reconstruction, &mean.cycle}) {
    divide(*field, weight);
  }
  for (double& value : mean.auxiliary_by_modality) value /= weight;
  return mean;
}

HostLogits::HostLogits(const at::Tensor& logits)
    : storage(logits.detach().to(at::kCPU, at::kDouble).contiguous()),
      data(storage.data_ptr<double>()),
      classes(storage.size(1)) {}

int predicted_class(std::span<const double> logits) {
  return int(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

void write_probabilities(std::span<const double> logits, float* to) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - highest);
  for (const double logit : logits) *to++ = float(std::exp(logit - highest) / sum);
}

}  // namespace mer::trainer
