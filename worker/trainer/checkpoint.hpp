// Checkpoint: everything that one trial needs to go on after a whole number of epochs, so that the rest of its run is
// bitwise the rest of an undisturbed one. Files: <store>/checkpoints/<trial>/<attempt>-<epoch>.safetensors.
//
// Tensors: weights/<parameter>, exp_avg/<parameter>, exp_avg_sq/<parameter>, best/<rule>/<metric>/probabilities
// [n, classes] and .../confusion [classes, classes]. Metadata: format, trial, attempt, code_version, versions, and
// state (JSON: epoch, step, the best epochs' scores). Batch order and dropout masks are functions of seed, epoch and
// step, so no generator state is kept. Threads: none shared. Errors: corrupt, io, no_space; messages name the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/records.hpp"
#include "core/result.hpp"
#include "core/trial.hpp"
#include "worker/trainer/optimizer.hpp"
#include "worker/trainer/selection.hpp"

namespace mer::trainer {

struct CheckpointState {
  int epoch = 0;          // completed
  std::int64_t step = 0;  // training steps done
  BestEpochs best;
  std::vector<NamedTensor> tensors;  // weights and optimizer state
};

// The file is whole or absent, and durable on return.
Result<CheckpointRecord> write_checkpoint(const std::string& store, const TrialId& trial, int attempt,
                                          const Environment& environment, const CheckpointState& state);

// Error corrupt: bytes that differ from the record, another trial's file, or another format. Epoch, step and best come
// back in `state`; the tensors of the file are copied into state.tensors, which must match them in number, names,
// shapes and types (they share memory with model and optimizer). On an error the tensors' contents are undefined.
Status read_checkpoint(const std::string& store, const CheckpointRecord& record, CheckpointState& state);

// Deletes this trial's checkpoint files but those of `keep` (paths relative to the store); files of attempts after
// `attempt` are not touched.
void remove_other_checkpoints(const std::string& store, const TrialId& trial, int attempt,
                              const std::vector<std::string>& keep);

}  // namespace mer::trainer
