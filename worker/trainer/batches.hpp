// Batches: the order in which a trial sees its dialogues, and the ragged batch of a stack's step.
//
// Threads: pure functions.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <span>
#include <vector>

#include "core/gang.hpp"
#include "core/settings.hpp"
#include "model/device/steps.hpp"
#include "model/stacked_model.hpp"
#include "worker/trainer/job_input.hpp"

namespace mer::trainer {

// 0..count-1 shuffled for one epoch (from 1): Fisher-Yates with Philox numbers of (seed, epoch, position).
std::vector<std::uint32_t> data_order(std::uint64_t seed, int epoch, std::size_t count);

// One slot's share of a stack's batch. Default: the slot takes no part in this step.
struct SlotShare {
  const TrialInput* trial = nullptr;
  const Part* part = nullptr;
  std::span<const std::uint32_t> batch;      // positions in part->dialogues
  std::span<const std::uint32_t> dialogues;  // those of them that are this process's; in a gang perhaps none
  std::int64_t first_dialogue = 0;           // of these, in the batch
};
SlotShare share_of(const TrialInput& trial, const Part& part, std::span<const std::uint32_t> batch, const Gang* gang);

// Corpus rows of a share's dialogues, dialogue by dialogue, and which of them are scored.
struct ShareRows {
  std::vector<std::uint32_t> rows;
  std::vector<std::uint8_t> scored;
  std::int64_t scored_count = 0;
  std::int64_t batch_scored_count = 0;  // of the whole batch
};
ShareRows rows_of(const SlotShare& share);

model::LayoutPtr layout_of(std::span<const SlotShare> shares);

// Dialogues' lengths by slot.
std::vector<std::vector<std::int64_t>> lengths_of(std::span<const SlotShare> shares);

struct StackBatch {
  model::Batch batch;
  std::vector<ShareRows> shares;  // by slot
};

// Gathers features (standardised) and labels. device: lays them out as a step there wants them, in memory from which it
// copies; where it has a table of the features, the batch names their rows instead. REQUIRES: one share per slot, at
// least one of them of a trial.
StackBatch gather_batch(const JobInput& input, std::span<const SlotShare> shares, Dtype dtype,
                        model::DeviceSteps* device = nullptr, bool trains = false);

}  // namespace mer::trainer
