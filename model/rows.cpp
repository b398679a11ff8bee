#include "model/rows.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <numeric>

namespace mer::model {

namespace {

at::Tensor index_tensor(const std::vector<std::int64_t>& values) {
  at::Tensor tensor = at::empty({std::int64_t(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<std::int64_t>());
  return tensor;
}

void fill_packed_order(SlotRows& slot) {
  const auto length = [&](std::size_t dialogue) { return slot.dialogues[dialogue + 1] - slot.dialogues[dialogue]; };
  std::vector<std::size_t> by_length(slot.dialogues.size() - 1);
  std::iota(by_length.begin(), by_length.end(), std::size_t{0});
  std::stable_sort(by_length.begin(), by_length.end(),
                   [&](std::size_t a, std::size_t b) { return length(a) > length(b); });

  std::vector<std::int64_t> time_major;
  std::vector<std::int64_t> from_packed(std::size_t(slot.rows()));
  std::vector<std::int64_t> batch_sizes;
  for (std::int64_t turn = 0; turn < length(by_length.front()); ++turn) {
    std::int64_t reached = 0;
    for (const std::size_t dialogue : by_length) {
      if (length(dialogue) <= turn) break;
      const std::int64_t row = slot.dialogues[dialogue] + turn;
      from_packed[std::size_t(row)] = std::int64_t(time_major.size());
      time_major.push_back(row);
      ++reached;
    }
    batch_sizes.push_back(reached);
  }
  slot.time_major = index_tensor(time_major);
  slot.from_packed = index_tensor(from_packed);
  slot.batch_sizes = index_tensor(batch_sizes);
}

}  // namespace

std::vector<SlotRows> rows_of(const Layout& layout) {
  std::vector<SlotRows> slots(std::size_t(layout.slots()));
  for (int i = 0; i < layout.slots(); ++i) {
    SlotRows& slot = slots[std::size_t(i)];
    const std::int64_t begin = layout.slot_begin(i);
    const std::int64_t last = layout.slot_dialogues[std::size_t(i) + 1];
    for (std::int64_t dialogue = layout.slot_dialogues[std::size_t(i)]; dialogue < last; ++dialogue) {
      slot.dialogues.push_back(layout.dialogue_rows[std::size_t(dialogue) + 1] - begin);
    }
    if (slot.rows() > 0) fill_packed_order(slot);
  }
  return slots;
}

}  // namespace mer::model
