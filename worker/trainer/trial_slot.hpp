// TrialSlot: one trial in its slot of the stack: weights, optimizer, cursor, and what its running epoch has collected.
//
// Nothing here depends on the other slots. Threads: one thread owns model and slots.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/messages.hpp"
#include "model/device/steps.hpp"
#include "model/stacked_model.hpp"
#include "worker/trainer/batches.hpp"
#include "worker/trainer/checkpointer.hpp"
#include "worker/trainer/epoch_means.hpp"
#include "worker/trainer/job_input.hpp"
#include "worker/trainer/optimizer.hpp"
#include "worker/trainer/selection.hpp"

namespace mer::trainer {

class TrialSlot {
 public:
  // Fills the slot's weights from the trial's seed. device: where the model is, nullptr: on the CPU. gang: nullptr, or
  // outlives the slot.
  TrialSlot(const StackJob& stack, TrialInput trial, const Environment& environment, model::StackedModel& model,
            int slot, model::DeviceSteps* device = nullptr, Gang* gang = nullptr);

  const TrialInput& trial() const { return trial_; }
  int slot() const { return slot_; }
  int epoch() const { return epoch_; }  // completed
  bool finished() const { return epoch_ == trial_.job.spec.train.epochs; }
  Checkpointer& checkpointer() { return checkpointer_; }

  // Goes on from the newest usable checkpoint, or from the start. Error: a member of the gang cannot.
  Result<AttemptStarted> start(const Environment& environment);

  // --- a training step ---
  SlotShare next_share() const;  // the dialogues of this step, or this gang member's part of them
  model::SlotSettings settings() const;
  model::SlotStep device_step() const;
  // Takes the step's losses and predictions and updates the weights from the model's gradients; or, when a loss or the
  // gradient norm is not finite, changes nothing and says so.
  std::optional<AttemptDiverged> learn(const LossComponents& losses, const ShareRows& share,
                                       const std::vector<std::int64_t>& labels, const HostLogits& logits,
                                       std::int64_t first_row);
  // The same after a step on the device, which has updated the weights, or left them as they were, itself. norm: of the
  // gradients.
  std::optional<AttemptDiverged> learnt(const LossComponents& losses, double norm, const ShareRows& share,
                                        const std::vector<std::int64_t>& labels, const HostLogits& logits,
                                        std::int64_t first_row);

  // --- an epoch's end ---
  bool epoch_ended() const { return position_ == order_.size(); }
  bool evaluates() const;  // the epoch that just ended gets rows
  // Moves on to the next epoch and remembers this point. Rows: empty unless evaluates(). test and validation: nullptr
  // when not evaluated.
  std::vector<EpochRow> end_epoch(const Evaluation* validation, const Evaluation* test);

  // REQUIRES: finished().
  TrialResult result() const;

 private:
  void begin_epoch();
  void collect(const LossComponents& losses, double norm, const ShareRows& share,
               const std::vector<std::int64_t>& labels, const HostLogits& logits, std::int64_t first_row);
  std::vector<at::Tensor> gradients() const;

  const TrialInput trial_;
  model::StackedModel& model_;
  const int slot_;
  Gang* const gang_;
  std::vector<NamedTensor> parameters_;
  Optimizer optimizer_;
  Checkpointer checkpointer_;

  int epoch_ = 0;
  std::int64_t step_ = 0;
  BestEpochs best_;
  std::optional<Selected> last_;

  // The running epoch.
  std::vector<std::uint32_t> order_;
  std::size_t position_ = 0;
  LossMeans losses_;
  ConfusionMatrix confusion_;
  double norm_sum_ = 0;
  std::int64_t norm_count_ = 0;
};

}  // namespace mer::trainer
