// Parameters: the registry of a stack's weights, in the order in which the layers add them.
//
// Storage of one parameter: [slots, stride], stride a multiple of 64 bytes, so that every slot's weights have the same
// alignment wherever the slot sits (BLAS may choose its path by address). It is one leaf of the autograd graph; rows of
// slots that take no part in a step, and what lies behind a slot's elements, have gradients without meaning. Threads:
// one thread. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/settings.hpp"

namespace mer::model {

at::ScalarType scalar_type_of(Dtype dtype);

struct Parameter {
  std::string name;
  std::vector<std::int64_t> shape;  // of one slot
  double bound = 0;                 // drawn uniform in [-bound, bound)
  at::Tensor values;                // [slots, stride]

  at::Tensor of_slot(const at::Tensor& stacked, int slot) const;  // values or their gradient: a view [shape], no graph
  at::Tensor empty_gradient() const;                              // like values
};

// One slot's elements of a tensor of the shape of Parameter::values.
template <class T>
T* slot_data(const at::Tensor& stacked, std::size_t slot) {
  return stacked.mutable_data_ptr<T>() + std::int64_t(slot) * stacked.stride(0);
}

class Parameters {
 public:
  Parameters(int slots, Dtype dtype, at::Device place = at::kCPU) : slots_(slots), dtype_(dtype), place_(place) {}

  // A new parameter, of no value until initialise() or load. The reference stays valid.
  const Parameter& add(std::string name, std::vector<std::int64_t> shape, double bound);

  // Later steps are of the first `slots` slots only; those behind keep their values. REQUIRES: slots <= those there
  // are.
  void use(int slots);

  // Draws one slot's values: Philox key (seed, initial_weights), counter (parameter number, element / 4).
  void initialise(int slot, std::uint64_t seed);

  int count() const { return int(entries_.size()); }
  const Parameter& operator[](int parameter) const { return entries_[std::size_t(parameter)]; }

 private:
  int slots_;
  Dtype dtype_;
  at::Device place_;
  std::deque<Parameter> entries_;
};

}  // namespace mer::model
