// DeviceRows: where a step's rows lie on the device, and the numbers of each slot that its operations read there.
//
// Threads: plain values. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/grid/layout.hpp"
#include "model/layout.hpp"

namespace mer::model {

struct DeviceRows {
  grid::Layout layout;
  const grid::SlotNumbers* numbers = nullptr;  // [slots]
  bool drops = false;                          // dropout is on: a training step
  at::Tensor alpha, beta;                      // [slots], the model's type
  at::Tensor gang_counts;                      // holds layout.gang_count

  // The scored rows, as rows of their own; nullptr: all rows are scored.
  LayoutPtr scored;
  grid::Selection selection;
};

}  // namespace mer::model
