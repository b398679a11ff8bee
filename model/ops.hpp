// The small operations the model is written in. Each runs slot by slot on that slot's own rows, so that a slot's
// numbers cannot depend on its neighbours; nothing but these (and recurrent, attention) knows how slots are run.
//
// Activations are PerSlot: [rows of the slot, width], undefined where a slot has no rows in this batch. Threads: one
// thread. Errors: shapes that do not fit are bugs (LibTorch throws).
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <string>
#include <vector>

#include "model/parameters.hpp"
#include "model/rows.hpp"

namespace mer::model {

// function(tensors of the slot...) for each slot that takes part.
template <class Function, class... More>
PerSlot map(const Function& function, const PerSlot& first, const More&... more) {
  PerSlot result(first.size());
  for (std::size_t slot = 0; slot < first.size(); ++slot) {
    if (first[slot].defined()) result[slot] = function(first[slot], more[slot]...);
  }
  return result;
}

// y = x W^T + b, with PyTorch's default initialisation: uniform in ±1/sqrt(inputs).
struct Linear {
  PerSlot weight;  // [outputs, inputs]
  PerSlot bias;    // [outputs]

  Linear() = default;
  Linear(Parameters& parameters, const std::string& name, int inputs, int outputs);
  PerSlot operator()(const PerSlot& x) const;
};

PerSlot add(const PerSlot& a, const PerSlot& b);
PerSlot concatenate(const std::vector<PerSlot>& parts);  // along the features

// Inverted dropout with each slot's own rate. Keeps a value iff its Philox word is at least the rate; counter (layer,
// step, dialogue in the slot's batch, turn * ceil(width / 4) + feature / 4).
PerSlot dropout(const PerSlot& x, std::uint32_t layer, const std::vector<SlotRows>& rows,
                const std::vector<SlotSettings>& settings);

// Rows of a stack's tensor, by slot. A slot's part is contiguous and 64-byte aligned: copied where it is not.
PerSlot split_by_slot(const at::Tensor& stacked, const Layout& layout);

// The values of all slots as one tensor [rows of the batch, width], outside the autograd graph.
at::Tensor stack_rows(const PerSlot& parts);

}  // namespace mer::model
