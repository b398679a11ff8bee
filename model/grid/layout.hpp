// Where the rows of a step lie on a grid: every slot has room for the same number of rows, dialogues and turns.
//
// A slot's own rows come first; the rows behind them belong to nobody and are 0 in every activation and gradient, so
// that products over all rows of a slot are products over its own. The counts are in device memory: they change from
// step to step under launches that stay the same. Threads: plain values. Errors: none.
#pragma once

#include <cstdint>

#include "model/grid/host_device.hpp"

namespace mer::grid {

using Index = std::uint32_t;

struct Layout {
  Index slots = 0;
  Index rows = 0;                                 // of each slot
  Index dialogues = 0;                            // of each slot
  Index turns = 0;                                // of the longest dialogue
  const std::int32_t* row_count = nullptr;        // [slots]: rows that are somebody's
  const std::int32_t* dialogue_begin = nullptr;   // [slots, dialogues + 1]: first rows in the slot; row_count behind
  const std::int32_t* dialogue_of_row = nullptr;  // [slots, rows]
  const std::int32_t* gang_count = nullptr;       // [slots]: of all members of a gang; nullptr: there is none

  MER_HOST_DEVICE Index all_rows() const { return slots * rows; }
  // Rows that a slot's means are taken over.
  MER_HOST_DEVICE const std::int32_t* counts() const { return gang_count == nullptr ? row_count : gang_count; }
  // `row` counts through all slots.
  MER_HOST_DEVICE bool is_somebodys(Index row) const { return std::int32_t(row % rows) < row_count[row / rows]; }
};

// The rows [begin, end) of the dialogue of a row, counted through all slots.
struct Dialogue {
  Index begin, end;
};
MER_HOST_DEVICE inline Dialogue dialogue_at(const Layout& layout, Index slot, Index dialogue) {
  const std::int32_t* const begin = layout.dialogue_begin + std::size_t(slot) * (layout.dialogues + 1) + dialogue;
  return {slot * layout.rows + Index(begin[0]), slot * layout.rows + Index(begin[1])};
}
MER_HOST_DEVICE inline Dialogue dialogue_of(const Layout& layout, Index row) {
  return dialogue_at(layout, row / layout.rows, Index(layout.dialogue_of_row[row]));
}

// Some rows of each slot, moved to the front: row i of a slot is its row sources[i]. Both of [slots, rows], counted in
// the slot; -1: none.
struct Selection {
  const std::int32_t* sources = nullptr;
  const std::int32_t* places = nullptr;  // the other way round
};

// One slot's numbers of one step.
struct SlotNumbers {
  std::uint32_t dropout_key[2] = {0, 0};
  std::uint32_t step = 0;
  std::uint32_t first_dialogue = 0;  // in the slot's whole batch
  std::uint32_t dropped = 0;         // of 2^24 equally likely numbers
  double kept = 1;                   // factor of what is not dropped
  double alpha = 0, beta = 0;
};

}  // namespace mer::grid
