// Checkpointer: one trial's way to be stopped at any step: the end of its last epoch, remembered in memory, and the
// files made of it while training goes on.
//
// A stop takes effect at the next step: the running epoch's part is dropped and the remembered epoch end is written,
// so a resumed run repeats that part and is bitwise the undisturbed one. What is being written stays as it is: an
// epoch that ends meanwhile is remembered beside it. Threads: one thread; files are written in the Background's.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/gang.hpp"
#include "core/records.hpp"
#include "core/result.hpp"
#include "core/trial.hpp"
#include "worker/trainer/background.hpp"
#include "worker/trainer/checkpoint.hpp"
#include "worker/trainer/checkpoint_pace.hpp"

namespace mer::trainer {

class Checkpointer {
 public:
  // live: the slot's weights and optimizer state, in memory that training changes.
  Checkpointer(const StackJob& stack, const TrialJob& trial, Environment environment, std::vector<NamedTensor> live);

  // Brings back the first usable of the trial's checkpoints into the live tensors; nullopt: none is, and nothing was
  // touched. `refused` gets file and reason of each unusable one. The members of a gang all bring back the one that
  // their leader takes; error: one of them cannot.
  Result<std::optional<CheckpointState>> restore(std::vector<std::string>& refused, Gang* gang = nullptr);

  // Copies the live tensors. REQUIRES: the trial stands at the end of `epoch`.
  void remember(int epoch, std::int64_t step, const BestEpochs& best);

  bool due() const;  // as checkpoint_pace.hpp says

  // Lets `writer` write the remembered epoch end. REQUIRES: remember() was called and its epoch is not saved; the file
  // before it was taken. The writer carries it out even if this object is gone.
  void save(Background& writer);

  // Record of the file that save() began, or why there is none; once for each save(). nullopt: none was begun, or it is
  // being written and `wait` is false.
  std::optional<Result<CheckpointRecord>> take_saved(bool wait);

  // Lets `writer` delete all but the newest two files that this attempt can vouch for; call once the record of the last
  // one is on its way.
  void remove_old(Background& writer) const;

  int remembered_epoch() const { return remembered_ ? remembered_->epoch : 0; }
  int saved_epoch() const { return saved_epoch_; }  // of the newest usable file; 0: none

 private:
  using Clock = std::chrono::steady_clock;
  struct Written {
    Result<CheckpointRecord> record;
    Clock::time_point at;
  };
  struct Writing {
    std::shared_ptr<const CheckpointState> state;
    Clock::time_point begun;
    std::future<Written> file;
  };

  std::shared_ptr<CheckpointState> blank_state() const;
  Status read(const CheckpointRecord& record);
  Result<std::optional<CheckpointState>> restore_leaders(Gang& gang);

  const std::string store_;
  const TrialJob trial_;
  const Environment environment_;
  const std::vector<NamedTensor> live_;
  std::shared_ptr<CheckpointState> remembered_;  // nullptr: nothing yet
  std::optional<Writing> writing_;               // its state is remembered_ until the next epoch's end
  int saved_epoch_ = 0;
  std::vector<std::string> usable_;  // files restored from or saved, oldest first, at most two
  CheckpointPace pace_;
};

}  // namespace mer::trainer
