// Gang: trainers that train one stack together, each on its own dialogues of every batch. A trainer alone has no gang.
//
// A loss of the paper is no mean of its members' losses (moments, column means and products are statistics of the whole
// batch), so members add up sums inside the forward pass (model/losses.hpp), in the backward pass where a gradient
// needs one (centred rows), and the weights' gradients once at its end. Every member then has the same losses,
// gradients and weights, bit for bit.
//
// Threads: one thread a member. Errors: none: without the others a member cannot go on, and its implementation ends the
// process.
#pragma once

#include <ATen/core/Tensor.h>
#include <vector>

namespace mer::model {

class Gang {
 public:
  virtual ~Gang() = default;

  virtual int rank() const = 0;  // 0: the leader
  virtual int size() const = 0;

  // Replaces the elements of `tensor` (contiguous, float or double) by their sums over the members, added in the order
  // of the ranks: the same bits on all. All members call it in the same order with tensors of the same shape.
  virtual void sum(const at::Tensor& tensor) = 0;
};

// The same for several tensors, of any strides and float types, in one go: added in double. No gang: nothing to do.
void sum_over(Gang* gang, const std::vector<at::Tensor>& tensors);

}  // namespace mer::model
