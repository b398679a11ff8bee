// Layout: where the utterances of a batch lie in its tensors: slot by slot, dialogue by dialogue, without padding
// within a slot.
//
// A slot's rows begin at a multiple of kRowAlignment, so that its part of a matrix of any width begins at a cache line
// wherever the slot sits (BLAS may choose its path by address). The few rows between two slots belong to nobody: ops
// leave anything in them and never read them. Threads: plain values. Errors: none.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace mer::model {

inline constexpr std::int64_t kRowAlignment = 16;

struct SlotRows {
  std::int64_t begin = 0;                     // its first row in the batch's tensors
  std::vector<std::int64_t> dialogues = {0};  // [dialogues + 1]: first row of each, counted from begin
  std::int64_t first_dialogue = 0;  // its number in the slot's whole batch, of which a gang's member has a part

  std::int64_t rows() const { return dialogues.back(); }
};

struct DeviceRows;  // model/device/rows.hpp

struct Layout {
  std::vector<SlotRows> slots;
  std::int64_t capacity = 0;  // rows of every slot, as a device wants them; 0: its own, and what aligns the next one

  // Of a batch on the device: how its rows lie there. The slots' own rows are known there only.
  std::shared_ptr<const DeviceRows> device;

  // Behind the slots there are; a slot without dialogues takes no part in the batch.
  void add_slot(std::span<const std::int64_t> dialogue_lengths, std::int64_t first_dialogue = 0);

  std::int64_t rows() const;  // of the tensors, rows of nobody included
};

using LayoutPtr = std::shared_ptr<const Layout>;

}  // namespace mer::model
