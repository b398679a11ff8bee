#include "model/device/bucket.hpp"

#include <algorithm>
#include <bit>

namespace mer::model {
namespace {

constexpr std::int64_t kLeastRows = 16, kLeastDialogues = 4, kLeastTurns = 8;

// Up to a multiple of an eighth of the power of two below, and of `least`.
std::int64_t rounded(std::int64_t size, std::int64_t least) {
  const auto power = std::int64_t(std::bit_floor(std::uint64_t(std::max<std::int64_t>(size, 1))));
  const std::int64_t step = std::max(least, power / 8);
  return std::max(step, (size + step - 1) / step * step);
}

void grow(Bucket& bucket, std::span<const std::int64_t> lengths) {
  std::int64_t rows = 0;
  for (const std::int64_t length : lengths) {
    rows += length;
    bucket.turns = std::max(bucket.turns, length);
  }
  bucket.rows = std::max(bucket.rows, rows);
  bucket.dialogues = std::max(bucket.dialogues, std::int64_t(lengths.size()));
}

Bucket rounded(Bucket bucket) {
  bucket.rows = rounded(bucket.rows, kLeastRows);
  bucket.dialogues = rounded(bucket.dialogues, kLeastDialogues);
  bucket.turns = rounded(bucket.turns, kLeastTurns);
  return bucket;
}

}  // namespace

Bucket bucket_of(std::span<const std::vector<std::int64_t>> lengths_by_slot) {
  Bucket bucket;
  bucket.slots = std::int64_t(lengths_by_slot.size());
  for (const std::vector<std::int64_t>& lengths : lengths_by_slot) grow(bucket, lengths);
  return rounded(bucket);
}

std::vector<std::vector<std::int64_t>> lengths_of(const Layout& layout) {
  std::vector<std::vector<std::int64_t>> lengths;
  for (const SlotRows& part : layout.slots) {
    lengths.emplace_back();
    for (std::size_t d = 0; d + 1 < part.dialogues.size(); ++d) {
      lengths.back().push_back(part.dialogues[d + 1] - part.dialogues[d]);
    }
  }
  return lengths;
}

Bucket bucket_of(const Layout& layout) {
  return bucket_of(lengths_of(layout));
}

LayoutPtr layout_in(const Bucket& bucket, std::span<const std::vector<std::int64_t>> lengths_by_slot,
                    std::span<const std::int64_t> first_dialogues) {
  auto layout = std::make_shared<Layout>();
  layout->capacity = bucket.rows;
  for (std::size_t slot = 0; slot < lengths_by_slot.size(); ++slot) {
    layout->add_slot(lengths_by_slot[slot], first_dialogues.empty() ? 0 : first_dialogues[slot]);
  }
  return layout;
}

}  // namespace mer::model
