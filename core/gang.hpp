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

#include <span>
#include <string>

namespace mer {

class Gang {
 public:
  virtual ~Gang() = default;

  virtual int rank() const = 0;  // 0: the leader
  virtual int size() const = 0;

  // Replaces the values by their sums over the members, added in the order of the ranks: the same bits on all. All
  // members call it in the same order with as many values.
  virtual void sum(std::span<float> values) = 0;
  virtual void sum(std::span<double> values) = 0;
};

// What the leader passes, on all members; what the others pass does not matter.
std::string from_leader(Gang& gang, const std::string& bytes);

// Of one value that each member passes.
double smallest_of(Gang& gang, double value);

}  // namespace mer
