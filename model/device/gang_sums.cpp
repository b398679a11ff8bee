#include "model/device/gang_sums.hpp"

#include <ATen/ATen.h>
#include <span>

#include "core/check.hpp"
#include "model/ops.hpp"

namespace mer::model::on_gpu {

at::Tensor GangSums::numbers(at::IntArrayRef sizes) {
  add(at::empty(sizes, at::TensorOptions(at::kDouble).device(device())));
  return tensors_.back();
}

void GangSums::add(const at::Tensor& numbers) {
  MER_CHECK(numbers.is_contiguous(), "a gang adds up whole blocks of memory");
  tensors_.push_back(numbers);
}

void GangSums::add_up() const {
  std::vector<grid::GangSum> sums;
  for (const at::Tensor& tensor : tensors_) {
    if (tensor.numel() == 0) continue;
    with_type(tensor.scalar_type(), [&]<class T>(T) {
      sums.emplace_back(std::span(tensor.mutable_data_ptr<T>(), std::size_t(tensor.numel())));
    });
  }
  device_runtime().sum_over_gang(sums);
}

}  // namespace mer::model::on_gpu
