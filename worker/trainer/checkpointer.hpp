// Checkpointer: one trial's way to be stopped at any step: the end of its last epoch, remembered in memory, and the
// files made of it.
//
// A stop takes effect at the next step: the running epoch's part is dropped and the remembered epoch end is written,
// so a resumed run repeats that part and is bitwise the undisturbed one. Threads: one thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/records.hpp"
#include "core/result.hpp"
#include "core/trial.hpp"
#include "worker/trainer/checkpoint.hpp"

namespace mer::trainer {

class Checkpointer {
 public:
  // live: the slot's weights and optimizer state, in memory that training changes.
  Checkpointer(const StackJob& stack, const TrialJob& trial, Environment environment, std::vector<NamedTensor> live);

  // Brings back the first usable of the trial's checkpoints into the live tensors; nullopt: none is, and nothing was
  // touched. `refused` gets file and reason of each unusable one.
  std::optional<CheckpointState> restore(std::vector<std::string>& refused);

  // Copies the live tensors. REQUIRES: the trial stands at the end of `epoch`.
  void remember(int epoch, std::int64_t step, const BestEpochs& best);

  bool due() const;  // checkpoint_seconds have passed since the last file or the start

  // Writes the remembered epoch end. REQUIRES: remember() was called and its epoch is not saved.
  Result<CheckpointRecord> save();

  // Deletes all but the newest two files that this attempt can vouch for; call once the last save()'s record is on its
  // way.
  void remove_old() const;

  int remembered_epoch() const { return remembered_.epoch; }
  int saved_epoch() const { return saved_epoch_; }  // of the newest usable file; 0: none

 private:
  using Clock = std::chrono::steady_clock;

  const std::string store_;
  const TrialJob trial_;
  const Environment environment_;
  const std::chrono::duration<double> interval_;
  const std::vector<NamedTensor> live_;
  CheckpointState remembered_;
  int saved_epoch_ = 0;
  std::vector<std::string> usable_;  // files restored from or saved, oldest first, at most two
  Clock::time_point saved_at_ = Clock::now();
};

}  // namespace mer::trainer
