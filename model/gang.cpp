#include "model/gang.hpp"

#include <ATen/ATen.h>
#include <span>

#include "model/ops.hpp"

namespace mer::model {

void sum_in_place(Gang& gang, const at::Tensor& tensor) {
  with_type(tensor.scalar_type(),
            [&]<class T>(T) { gang.sum(std::span(tensor.mutable_data_ptr<T>(), std::size_t(tensor.numel()))); });
}

void sum_over(Gang* gang, const std::vector<at::Tensor>& tensors) {
  if (gang == nullptr) return;
  std::vector<at::Tensor> flat;
  for (const at::Tensor& tensor : tensors) flat.push_back(tensor.reshape({-1}).to(at::kDouble));
  const at::Tensor sums = at::cat(flat);
  sum_in_place(*gang, sums);
  std::int64_t begin = 0;
  for (const at::Tensor& tensor : tensors) {
    tensor.copy_(sums.narrow(0, begin, tensor.numel()).view(tensor.sizes()));
    begin += tensor.numel();
  }
}

}  // namespace mer::model
