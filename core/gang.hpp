// Gang: trainers that train one stack together, each on its own dialogues of every batch. A trainer alone has no gang.
//
// A loss of the paper is no mean of its members' losses (moments, column means and products are statistics of the whole
// batch), so members add up sums inside the forward pass (model/losses.hpp), in the backward pass where a gradient
// needs one (centred rows), and the weights' gradients once at its end. Every member then has the same losses,
// gradients and weights, bit for bit.
//
// All members make the same calls in the same order. Threads: one thread a member. Errors: none: without the others a
// member cannot go on, and its implementation ends the process.
#pragma once

#include <span>
#include <string>

#include "core/result.hpp"

namespace mer {

class Gang {
 public:
  virtual ~Gang() = default;

  virtual int rank() const = 0;  // 0: the leader
  virtual int size() const = 0;

  // Replaces the values, as many on every member, by their sums, added in the order of the ranks: the same bits on all.
  virtual void sum(std::span<float> values) = 0;
  virtual void sum(std::span<double> values) = 0;
};

// True for the leader, and for a trainer alone (nullptr).
bool leads(const Gang* gang);

// What one member passes, on all; what the others pass does not matter.
std::string from_member(Gang& gang, int rank, const std::string& bytes);
std::string from_leader(Gang& gang, const std::string& bytes);

// Of one value that each member passes.
double smallest_of(Gang& gang, double value);

// All are well, or the error of the first that is not. No gang: `own`.
Status agreed(Gang* gang, const Status& own);

}  // namespace mer
