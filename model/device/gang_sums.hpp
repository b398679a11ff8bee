// GangSums: what the members of a gang add up at one place of a step on the device (grid::Runtime::sum_over_gang()).
//
//   GangSums sums;
//   ... each loss takes numbers(), and queues what fills them ...
//   sums.add_up();
//
// Threads: one thread. Errors: model/device/device.hpp.
#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

#include "model/device/device.hpp"

namespace mer::model::on_gpu {

class GangSums {
 public:
  // A part of the sums, in double, that the caller queues the filling of.
  at::Tensor numbers(at::IntArrayRef sizes);
  // Contiguous numbers that are sums themselves.
  void add(const at::Tensor& numbers);

  void add_up() const;

 private:
  std::vector<at::Tensor> tensors_;
};

}  // namespace mer::model::on_gpu
