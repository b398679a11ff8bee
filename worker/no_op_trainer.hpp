// NoOpTrainer: answers every trial at once and trains nothing. It takes the child's seat in AgentLoop, so that agent,
// messages, scheduler and store can be measured, and a cluster's plumbing tried, without LibTorch.
//
// Nobody can take what it records for results: the device of its attempts is "no-op", no epoch is selected, and all
// scores are NaN, since its confusion matrices are empty. It runs trials only in a store that is marked for it, by a
// file `no-op` in its folder; in any other one they fail.
// Threads: one owns it. Errors: none.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/frame.hpp"
#include "core/messages.hpp"
#include "worker/child_process.hpp"

namespace mer::worker {

constexpr const char* kNoOpDevice = "no-op";

// Started, its epochs with a train and a test row each, finished; or failed: the store is not marked.
std::vector<Report> no_op_reports(const std::string& store, const TrialJob& trial);

class NoOpTrainer final : public ChildProcess {
 public:
  explicit NoOpTrainer(int trials_at_once);

  void write(const std::string& bytes) override;
  void flush() override {}
  std::string read() override;
  std::string read_printed() override { return {}; }
  void wait(int milliseconds) override;
  std::optional<ExitStatus> reap() override;
  void kill() override;
  bool prints() const override { return false; }

 private:
  void answer(const Message& message);
  void say(const Message& message);

  FrameReader commands_;
  std::string answers_;
  std::chrono::steady_clock::time_point spoke_;
  std::optional<ExitStatus> exit_;
};

}  // namespace mer::worker
