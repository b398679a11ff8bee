#include "model/layout.hpp"

namespace mer::model {

void Layout::add_slot(std::span<const std::int64_t> dialogue_lengths, std::int64_t first_dialogue) {
  SlotRows slot;
  slot.begin = rows();
  slot.first_dialogue = first_dialogue;
  for (const std::int64_t length : dialogue_lengths) slot.dialogues.push_back(slot.dialogues.back() + length);
  slots.push_back(std::move(slot));
}

std::int64_t Layout::rows() const {
  if (slots.empty()) return 0;
  if (capacity > 0) return std::int64_t(slots.size()) * capacity;
  const std::int64_t end = slots.back().begin + slots.back().rows();
  return (end + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
}

}  // namespace mer::model
