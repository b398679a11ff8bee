// Rows: how the utterances of one slot's batch lie, and the index lists that the ops derive from it.
//
// Threads: plain values. Errors: none.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

#include "model/stacked_model.hpp"

namespace mer::model {

struct SlotRows {
  std::vector<std::int64_t> dialogues = {0};  // [dialogues + 1]: first row of each, counted within the slot

  // Packed order of recurrent layers: all first turns, then all second turns ..., longest dialogue first. Undefined for
  // a slot without rows.
  at::Tensor time_major;   // int64 [rows]: the row that stands at each packed position
  at::Tensor from_packed;  // int64 [rows]: the packed position of each row
  at::Tensor batch_sizes;  // int64 [longest dialogue]: dialogues that reach each turn

  std::int64_t rows() const { return dialogues.back(); }
};

std::vector<SlotRows> rows_of(const Layout& layout);

}  // namespace mer::model
