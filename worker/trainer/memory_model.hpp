// What fits into a trainer's memory: how many trials, and on a device the corpus's features.
//
// Threads: pure functions. Units: bytes. An estimate, a little too high: where it is still too low, the trainer ends
// with ExitCode::no_memory and the scheduler gives its worker half as many trials.
#pragma once

#include <cstdint>

#include "model/stacked_model.hpp"
#include "worker/trainer/job_input.hpp"

namespace mer::trainer {

// What one more trial takes: weights, gradients, optimizer, the copy that a checkpoint is written from, means and
// factors of its fold, and the activations of its largest batch.
std::int64_t slot_bytes(const model::Shape& shape, const TrialInput& trial);

// At least 1. `memory`: what the process may use in all, 0: not limited; `used`: what it uses now.
int slots_that_fit(std::int64_t memory, std::int64_t used, std::int64_t bytes_of_slot);

// The corpus's, of all modalities that the trial has.
std::int64_t feature_bytes(const TrialInput& trial);

// Whether a device of this memory should keep them: they are a quarter of it at most.
bool features_fit(std::int64_t memory, std::int64_t bytes);

}  // namespace mer::trainer
