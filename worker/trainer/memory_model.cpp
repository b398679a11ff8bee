#include "worker/trainer/memory_model.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <vector>

namespace mer::trainer {
namespace {

constexpr int kMostSlots = 32;       // a step of more is no cheaper for each
constexpr int kCopiesOfWeights = 7;  // values, gradients, two of the optimizer, three of the checkpoint
// Widths of `hidden` that a row takes in all activations of one modality and their gradients, measured.
constexpr std::int64_t kActivations = 80;
constexpr std::int64_t kLargestTable = 4;  // one of so many parts of a device's memory

std::int64_t parameters_of(const model::Shape& shape) {
  const model::StackedModel model(shape, 1);
  std::int64_t count = 0;
  for (int i = 0; i < model.parameter_count(); ++i) count += model.parameter(i, 0).numel();
  return count;
}

// Utterances of the longest dialogues that can meet in one batch.
std::int64_t largest_batch(const TrialInput& trial) {
  std::vector<std::int64_t> lengths;
  for (const data::PartDialogue& dialogue : trial.fold->train.dialogues) {
    lengths.push_back(std::int64_t(dialogue.rows.size()));
  }
  std::ranges::sort(lengths, std::greater());
  const auto count = std::min(lengths.size(), std::size_t(trial.job.spec.train.batch_dialogues));
  return std::accumulate(lengths.begin(), lengths.begin() + std::ptrdiff_t(count), std::int64_t{0});
}

}  // namespace

std::int64_t slot_bytes(const model::Shape& shape, const TrialInput& trial) {
  const std::int64_t size = shape.dtype == Dtype::float64 ? 8 : 4;
  std::int64_t width = 0, columns = 0;
  for (const int dim : shape.feature_dims) {
    width += dim + kActivations * shape.settings.hidden;
    columns += dim;
  }
  const auto standardising = std::int64_t(2 * sizeof(double)) * columns;
  return size * (kCopiesOfWeights * parameters_of(shape) + largest_batch(trial) * width) + standardising;
}

int slots_that_fit(std::int64_t memory, std::int64_t used, std::int64_t bytes_of_slot) {
  if (memory == 0) return kMostSlots;
  return int(std::clamp<std::int64_t>((memory - used) / bytes_of_slot, 1, kMostSlots));
}

std::int64_t feature_bytes(const TrialInput& trial) {
  std::int64_t bytes = 0;
  for (const ModalityInput& modality : trial.modalities) bytes += std::int64_t(modality.features->values.size_bytes());
  return bytes;
}

bool features_fit(std::int64_t memory, std::int64_t bytes) {
  return bytes <= memory / kLargestTable;
}

}  // namespace mer::trainer
