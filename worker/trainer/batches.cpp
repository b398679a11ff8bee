#include "worker/trainer/batches.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cstring>
#include <numeric>
#include <type_traits>
#include <utility>

#include "core/check.hpp"
#include "core/philox.hpp"
#include "model/kernels/kernels.hpp"

namespace mer::trainer {
namespace {

template <class T>
void gather_row(std::span<const float> from, const model::Affine* affine, T* to) {
  if (affine != nullptr) {
    kernels::kernels<T>().standardise(from.data(), affine->mean.data(), affine->factor.data(),
                                      std::int64_t(from.size()), to);
  } else if constexpr (std::is_same_v<T, float>) {
    std::memcpy(to, from.data(), from.size_bytes());
  } else {
    std::copy(from.begin(), from.end(), to);
  }
}

// features: [layout rows, dim].
template <class T>
void gather_features(std::span<const SlotShare> shares, const std::vector<ShareRows>& rows, std::size_t modality,
                     const model::Layout& layout, const at::Tensor& features) {
  for (std::size_t slot = 0; slot < shares.size(); ++slot) {
    if (rows[slot].rows.empty()) continue;
    const ModalityInput& input = shares[slot].trial->modalities[modality];
    T* to = features.mutable_data_ptr<T>() + layout.slots[slot].begin * features.size(1);
    for (const std::uint32_t row : rows[slot].rows) {
      gather_row(input.features->row(row), input.standardise.get(), to);
      to += features.size(1);
    }
  }
}

// Any share's trial: the stack's modalities are the same for all.
const TrialInput& some_trial(std::span<const SlotShare> shares) {
  const auto share = std::ranges::find_if(shares, [](const SlotShare& s) { return s.trial != nullptr; });
  MER_CHECK(share != shares.end(), "a batch needs at least one trial");
  return *share->trial;
}

}  // namespace

std::vector<std::uint32_t> data_order(std::uint64_t seed, int epoch, std::size_t count) {
  const auto key = philox_key(seed, RandomPurpose::data_order);
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t position = count; position-- > 1;) {
    const PhiloxBlock random = philox4x32({std::uint32_t(epoch), std::uint32_t(position), 0, 0}, key);
    const std::size_t other = (std::uint64_t{random[0]} * (position + 1)) >> 32;  // in [0, position]
    std::swap(order[position], order[other]);
  }
  return order;
}

SlotShare share_of(const TrialInput& trial, const Part& part, std::span<const std::uint32_t> batch, const Gang* gang) {
  if (gang == nullptr) return {&trial, &part, batch, batch, 0};
  const auto bound = [&](int rank) { return batch.size() * std::size_t(rank) / std::size_t(gang->size()); };
  const std::size_t begin = bound(gang->rank()), end = bound(gang->rank() + 1);
  return {&trial, &part, batch, batch.subspan(begin, end - begin), std::int64_t(begin)};
}

ShareRows rows_of(const SlotShare& share) {
  ShareRows result;
  for (const std::uint32_t position : share.dialogues) {
    const data::PartDialogue& dialogue = share.part->dialogues[position];
    result.rows.insert(result.rows.end(), dialogue.rows.begin(), dialogue.rows.end());
    result.scored.insert(result.scored.end(), dialogue.scored.begin(), dialogue.scored.end());
  }
  result.scored_count = std::count(result.scored.begin(), result.scored.end(), 1);
  for (const std::uint32_t position : share.batch) {
    const std::vector<bool>& scored = share.part->dialogues[position].scored;
    result.batch_scored_count += std::count(scored.begin(), scored.end(), true);
  }
  return result;
}

std::vector<std::vector<std::int64_t>> lengths_of(std::span<const SlotShare> shares) {
  std::vector<std::vector<std::int64_t>> lengths;
  for (const SlotShare& share : shares) {
    lengths.emplace_back();
    for (const std::uint32_t position : share.dialogues) {
      lengths.back().push_back(std::int64_t(share.part->dialogues[position].rows.size()));
    }
  }
  return lengths;
}

model::LayoutPtr layout_of(std::span<const SlotShare> shares) {
  auto layout = std::make_shared<model::Layout>();
  const std::vector<std::vector<std::int64_t>> lengths = lengths_of(shares);
  for (std::size_t slot = 0; slot < shares.size(); ++slot) {
    layout->add_slot(lengths[slot], shares[slot].first_dialogue);
  }
  return layout;
}

namespace {

std::vector<std::int64_t> first_dialogues_of(std::span<const SlotShare> shares) {
  std::vector<std::int64_t> first;
  for (const SlotShare& share : shares) first.push_back(share.first_dialogue);
  return first;
}

// Labels, and which rows are scored where not all are.
void gather_labels(const JobInput& input, StackBatch& result) {
  const model::Layout& layout = *result.batch.layout;
  result.batch.labels = at::zeros({layout.rows()}, at::kLong);
  auto* const labels = result.batch.labels.data_ptr<std::int64_t>();
  std::vector<std::uint8_t> scored(std::size_t(layout.rows()), 0);
  bool all_scored = true;
  for (std::size_t slot = 0; slot < result.shares.size(); ++slot) {
    const ShareRows& share = result.shares[slot];
    const std::int64_t begin = layout.slots[slot].begin;
    std::transform(share.rows.begin(), share.rows.end(), labels + begin,
                   [&](std::uint32_t row) { return input.labels()[row]; });
    std::copy(share.scored.begin(), share.scored.end(), scored.begin() + begin);
    all_scored = all_scored && share.scored_count == std::int64_t(share.rows.size());
  }
  if (!all_scored) result.batch.scored = std::move(scored);
}

// Rows behind each slot's own, which a device wants to be 0.
void clear_rows_of_nobody(const at::Tensor& features, const model::Layout& layout) {
  const auto row = std::size_t(features.size(1)) * features.element_size();
  for (const model::SlotRows& part : layout.slots) {
    auto* const begin = static_cast<std::byte*>(features.mutable_data_ptr()) + std::size_t(part.begin) * row;
    std::memset(begin + std::size_t(part.rows()) * row, 0, std::size_t(layout.capacity - part.rows()) * row);
  }
}

model::TableRows table_rows_of(std::span<const SlotShare> shares, const std::vector<ShareRows>& rows,
                               const model::Layout& layout) {
  model::TableRows table_rows;
  table_rows.rows.resize(std::size_t(layout.rows()));
  table_rows.standardise.assign(some_trial(shares).modalities.size(), std::vector<model::AffinePtr>(shares.size()));
  for (std::size_t slot = 0; slot < shares.size(); ++slot) {
    std::ranges::copy(rows[slot].rows, table_rows.rows.begin() + layout.slots[slot].begin);
    if (shares[slot].trial == nullptr) continue;
    const std::vector<ModalityInput>& modalities = shares[slot].trial->modalities;
    for (std::size_t m = 0; m < modalities.size(); ++m) table_rows.standardise[m][slot] = modalities[m].standardise;
  }
  return table_rows;
}

}  // namespace

StackBatch gather_batch(const JobInput& input, std::span<const SlotShare> shares, Dtype dtype,
                        model::DeviceSteps* device, bool trains) {
  StackBatch result;
  result.batch.layout =
      device == nullptr ? layout_of(shares) : device->layout_for(lengths_of(shares), first_dialogues_of(shares));
  const model::Layout& layout = *result.batch.layout;
  for (const SlotShare& share : shares) result.shares.push_back(rows_of(share));
  gather_labels(input, result);

  if (device != nullptr && device->has_table()) {
    result.batch.table_rows = table_rows_of(shares, result.shares, layout);
    return result;
  }
  const TrialInput& any = some_trial(shares);
  for (std::size_t modality = 0; modality < any.modalities.size(); ++modality) {
    const std::int64_t dim = any.modalities[modality].features->dim;
    const at::Tensor features = device == nullptr
                                    ? at::empty({layout.rows(), dim}, model::scalar_type_of(dtype))
                                    : device->host_features(layout, trains, !result.batch.scored.empty(), modality);
    if (device != nullptr) clear_rows_of_nobody(features, layout);
    model::with_type(features.scalar_type(),
                     [&]<class T>(T) { gather_features<T>(shares, result.shares, modality, layout, features); });
    result.batch.features.push_back(features);
  }
  return result;
}

}  // namespace mer::trainer
