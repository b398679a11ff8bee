#include "model/gang.hpp"

#include <ATen/ATen.h>

namespace mer::model {

void sum_over(Gang* gang, const std::vector<at::Tensor>& tensors) {
  if (gang == nullptr) return;
  std::vector<at::Tensor> flat;
  for (const at::Tensor& tensor : tensors) flat.push_back(tensor.reshape({-1}).to(at::kDouble));
  const at::Tensor sums = at::cat(flat);
  gang->sum(sums);
  std::int64_t begin = 0;
  for (const at::Tensor& tensor : tensors) {
    tensor.copy_(sums.narrow(0, begin, tensor.numel()).view(tensor.sizes()));
    begin += tensor.numel();
  }
}

}  // namespace mer::model
