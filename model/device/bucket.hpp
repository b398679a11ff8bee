// Bucket: the shape of a step on the device. Steps of one bucket are one recording, whatever their slots hold.
//
// Sizes are rounded up so that few buckets serve all batches of a sweep. Threads: plain values. Errors: none.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "model/layout.hpp"

namespace mer::model {

struct Bucket {
  std::int64_t slots = 0;
  std::int64_t rows = 0;       // of each slot
  std::int64_t dialogues = 0;  // of each slot
  std::int64_t turns = 0;      // of the longest dialogue
  bool trains = false;         // dropout, gradients, update
  bool selects = false;        // some rows are not scored

  auto operator<=>(const Bucket&) const = default;
};

// The smallest sizes that hold these dialogues; at most an eighth of them stays unused, or a few rows.
Bucket bucket_of(std::span<const std::vector<std::int64_t>> lengths_by_slot);
Bucket bucket_of(const Layout& layout);
std::vector<std::vector<std::int64_t>> lengths_of(const Layout& layout);  // of each slot's dialogues

// Where a bucket wants the rows of its slots: the layout of the host's side. first_dialogues: by slot, of a gang's
// member (SlotRows::first_dialogue); empty: 0.
LayoutPtr layout_in(const Bucket& bucket, std::span<const std::vector<std::int64_t>> lengths_by_slot,
                    std::span<const std::int64_t> first_dialogues = {});

}  // namespace mer::model
