#include "tests/model/golden.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <limits>

#include "core/check.hpp"
#include "data/safetensors.hpp"

namespace mer::model {

namespace {

const std::filesystem::path kFolder = std::filesystem::path(MER_SOURCE_DIR) / "tests/golden/model";

// What a trainer uses, and part of what is promised (docs/determinism.md).
class OneThread : public testing::Environment {
  void SetUp() override { at::set_num_threads(1); }
};
const testing::Environment* const kOneThread = testing::AddGlobalTestEnvironment(new OneThread);

at::ScalarType type_of(data::TensorType type) {
  switch (type) {
    case data::TensorType::f32: return at::kFloat;
    case data::TensorType::f64: return at::kDouble;
    case data::TensorType::f16: return at::kHalf;
    case data::TensorType::bf16: return at::kBFloat16;
    case data::TensorType::i64: return at::kLong;
    case data::TensorType::u8: return at::kByte;
  }
  return at::kByte;
}

at::Tensor tensor_of(const data::TensorView& view) {
  at::Tensor tensor = at::empty(view.shape, type_of(view.type));
  std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

}  // namespace

GoldenFile read_golden(const std::string& name) {
  const auto file = data::SafetensorsFile::open(kFolder / (name + ".safetensors"));
  MER_CHECK(file.ok(), file.ok() ? "" : file.error().message.c_str());
  GoldenFile golden;
  const std::string prefix = "expected.";
  for (const auto& [key, view] : file->tensors()) {
    if (key.starts_with(prefix)) {
      golden.expected[key.substr(prefix.size())] = tensor_of(view);
    } else {
      golden.input[key] = tensor_of(view);
    }
  }
  golden.metadata = file->metadata();
  return golden;
}

std::vector<std::string> golden_names(const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().stem();
    if (name.starts_with(prefix)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

double largest_error(const at::Tensor& actual, const at::Tensor& expected) {
  if (!actual.defined() || actual.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor wanted = expected.to(at::kDouble);
  const at::Tensor error = (actual.to(at::kDouble) - wanted).abs() / wanted.abs().clamp_min(1);
  const double largest = error.numel() == 0 ? 0 : error.max().item<double>();
  return largest == largest ? largest : std::numeric_limits<double>::infinity();
}

}  // namespace mer::model
