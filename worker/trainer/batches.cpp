#include "worker/trainer/batches.hpp"

#include <ATen/ops/empty.h>
#include <algorithm>
#include <cstring>
#include <numeric>
#include <type_traits>
#include <utility>

#include "core/check.hpp"
#include "core/philox.hpp"
#include "worker/trainer/vector_loops.hpp"

namespace mer::trainer {
namespace {

template <class T>
void gather_row(std::span<const float> from, const Affine* affine, T* to) {
  if (affine != nullptr) {
    standardise(from.data(), affine->mean.data(), affine->factor.data(), std::int64_t(from.size()), to);
  } else if constexpr (std::is_same_v<T, float>) {
    std::memcpy(to, from.data(), from.size_bytes());
  } else {
    std::copy(from.begin(), from.end(), to);
  }
}

template <class T>
void gather_features(std::span<const SlotShare> shares, const std::vector<ShareRows>& rows, std::size_t modality,
                     T* to) {
  for (std::size_t slot = 0; slot < shares.size(); ++slot) {
    if (rows[slot].rows.empty()) continue;
    const ModalityInput& input = shares[slot].trial->modalities[modality];
    for (const std::uint32_t row : rows[slot].rows) {
      gather_row(input.features->row(row), input.standardise.get(), to);
      to += input.features->dim;
    }
  }
}

// Any share's trial: the stack's modalities are the same for all.
const TrialInput& some_trial(std::span<const SlotShare> shares) {
  const auto share =
      std::find_if(shares.begin(), shares.end(), [](const SlotShare& s) { return !s.dialogues.empty(); });
  MER_CHECK(share != shares.end(), "a batch needs at least one dialogue");
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

ShareRows rows_of(const SlotShare& share) {
  ShareRows result;
  for (const std::uint32_t position : share.dialogues) {
    const data::PartDialogue& dialogue = share.part->dialogues[position];
    result.rows.insert(result.rows.end(), dialogue.rows.begin(), dialogue.rows.end());
    result.scored.insert(result.scored.end(), dialogue.scored.begin(), dialogue.scored.end());
  }
  result.scored_count = std::count(result.scored.begin(), result.scored.end(), 1);
  return result;
}

model::Layout layout_of(std::span<const SlotShare> shares) {
  model::Layout layout;
  layout.slot_dialogues.push_back(0);
  layout.dialogue_rows.push_back(0);
  for (const SlotShare& share : shares) {
    for (const std::uint32_t position : share.dialogues) {
      const auto rows = std::int64_t(share.part->dialogues[position].rows.size());
      layout.dialogue_rows.push_back(layout.dialogue_rows.back() + rows);
    }
    layout.slot_dialogues.push_back(std::int64_t(layout.dialogue_rows.size()) - 1);
  }
  return layout;
}

StackBatch gather_batch(const JobInput& input, std::span<const SlotShare> shares, Dtype dtype) {
  StackBatch result;
  result.batch.layout = layout_of(shares);
  for (const SlotShare& share : shares) result.shares.push_back(rows_of(share));
  const std::int64_t rows = result.batch.layout.rows();

  const TrialInput& any = some_trial(shares);
  for (std::size_t modality = 0; modality < any.modalities.size(); ++modality) {
    const std::int64_t dim = any.modalities[modality].features->dim;
    at::Tensor features = at::empty({rows, dim}, dtype == Dtype::float64 ? at::kDouble : at::kFloat);
    if (dtype == Dtype::float64) {
      gather_features(shares, result.shares, modality, features.data_ptr<double>());
    } else {
      gather_features(shares, result.shares, modality, features.data_ptr<float>());
    }
    result.batch.features.push_back(std::move(features));
  }

  result.batch.labels = at::empty({rows}, at::kLong);
  std::int64_t* label = result.batch.labels.data_ptr<std::int64_t>();
  bool all_scored = true;
  for (const ShareRows& share : result.shares) {
    for (const std::uint32_t row : share.rows) *label++ = input.labels[row];
    all_scored = all_scored && share.scored_count == std::int64_t(share.rows.size());
  }
  if (!all_scored) {
    for (const ShareRows& share : result.shares) {
      result.batch.scored.insert(result.batch.scored.end(), share.scored.begin(), share.scored.end());
    }
  }
  return result;
}

}  // namespace mer::trainer
