#include "worker/trainer/tensor_bytes.hpp"

#include <ATen/ops/empty.h>
#include <cstring>

#include "core/check.hpp"

namespace mer::trainer {
namespace {

data::TensorType tensor_type_of(at::ScalarType type) {
  switch (type) {
    case at::kFloat: return data::TensorType::f32;
    case at::kDouble: return data::TensorType::f64;
    case at::kLong: return data::TensorType::i64;
    default: break;
  }
  MER_CHECK(type == at::kByte, "a type that safetensors files of this project do not hold");
  return data::TensorType::u8;
}

}  // namespace

at::ScalarType scalar_type_of(data::TensorType type) {
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

data::TensorView view_of(const at::Tensor& tensor) {
  MER_CHECK(tensor.is_contiguous(), "a view shows contiguous memory");
  data::TensorView view;
  view.type = tensor_type_of(tensor.scalar_type());
  view.shape = tensor.sizes().vec();
  view.bytes = {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
  return view;
}

at::Tensor tensor_of(const data::TensorView& view) {
  at::Tensor tensor = at::empty(view.shape, scalar_type_of(view.type));
  if (!view.bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

}  // namespace mer::trainer
