// Parameters: the registry of a stack's weights, in the order in which the layers add them.
//
// Storage of one parameter: [slots, stride], stride a multiple of 64 bytes, so that every slot's weights have the same
// alignment wherever the slot sits (BLAS may choose its path by address). Threads: one thread. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <string>
#include <vector>

#include "core/settings.hpp"

namespace mer::model {

// One tensor a slot; undefined where a slot takes no part.
using PerSlot = std::vector<at::Tensor>;

at::ScalarType scalar_type_of(Dtype dtype);

class Parameters {
 public:
  Parameters(int slots, Dtype dtype) : slots_(slots), dtype_(dtype) {}

  // A new parameter, zero until initialise(); initialise draws it uniform in [-bound, bound). Each slot's tensor is a
  // leaf of the autograd graph, without the slot dimension.
  PerSlot add(std::string name, std::vector<std::int64_t> shape, double bound);

  // Draws one slot's values: Philox key (seed, initial_weights), counter (parameter number, element / 4).
  void initialise(int slot, std::uint64_t seed);

  int count() const { return int(entries_.size()); }
  const std::string& name(int parameter) const { return entries_[std::size_t(parameter)].name; }
  at::Tensor& tensor(int parameter, int slot) { return entries_[std::size_t(parameter)].tensors[std::size_t(slot)]; }

 private:
  struct Entry {
    std::string name;
    double bound = 0;
    PerSlot tensors;
  };

  int slots_;
  Dtype dtype_;
  std::vector<Entry> entries_;
};

}  // namespace mer::model
