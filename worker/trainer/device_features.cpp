#include "worker/trainer/device_features.hpp"

#include <ATen/ops/from_blob.h>
#include <cstdio>
#include <vector>

#include "worker/trainer/memory_model.hpp"

namespace mer::trainer {
namespace {

// A view, to be read from.
at::Tensor tensor_of(const data::FeatureMatrix& features) {
  const auto rows = std::int64_t(features.values.size()) / features.dim;
  return at::from_blob(const_cast<float*>(features.values.data()), {rows, features.dim}, at::kFloat);
}

}  // namespace

std::unique_ptr<model::FeatureTable> features_on_device(const TrialInput& trial, const grid::Runtime& gpu) {
  const std::int64_t bytes = feature_bytes(trial), memory = std::int64_t(gpu.memory_limit());
  if (!features_fit(memory, bytes)) {
    constexpr double kMebibyte = 1 << 20;
    std::fprintf(
        stderr,
        "mer-trainer: the corpus's features are too large to be kept on %s (%.0f MiB, of its %.0f MiB a quarter "
        "may be taken): each step's are gathered on the host, which is slower\n",
        gpu.name().c_str(), double(bytes) / kMebibyte, double(memory) / kMebibyte);
    return nullptr;
  }
  std::vector<at::Tensor> features;
  for (const ModalityInput& modality : trial.modalities) features.push_back(tensor_of(*modality.features));
  return std::make_unique<model::FeatureTable>(features);
}

}  // namespace mer::trainer
