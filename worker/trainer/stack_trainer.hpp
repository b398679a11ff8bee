// StackTrainer: trains trials of one shape together, step by step, in the slots of one model.
//
// A step takes the next batch of every active slot. Slots whose epoch ends are evaluated before the next step. A slot
// whose trial has ended is free, and the next trial takes it between two steps. In a gang (core/gang.hpp) every member
// has such a trainer and does the same; the leader decides, reports and writes checkpoints. Threads: run() in one
// thread, which owns the model; `steps` is read by others. Errors: run() fails only when reports cannot be delivered;
// what happens to a trial is an event of its attempt. Memory that runs out is an exception of LibTorch's.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/messages.hpp"
#include "core/result.hpp"
#include "model/device/steps.hpp"
#include "model/stacked_model.hpp"
#include "worker/trainer/background.hpp"
#include "worker/trainer/device_choice.hpp"
#include "worker/trainer/job_input.hpp"
#include "worker/trainer/report_sink.hpp"
#include "worker/trainer/requests.hpp"
#include "worker/trainer/round.hpp"
#include "worker/trainer/stack_size.hpp"
#include "worker/trainer/stopwatch.hpp"
#include "worker/trainer/trial_slot.hpp"

namespace mer::trainer {

// How the job's attempts ended.
struct StackOutcome {
  int finished = 0, diverged = 0, stopped = 0, failed = 0;
};

class StackTrainer {
 public:
  // All arguments outlive the trainer.
  // gpu: where the stack is trained, nullptr: on the CPU. gang: nullptr: alone.
  StackTrainer(const StackJob& job, JobInput& input, ReportSink& sink, Requests& requests,
               std::atomic<std::uint64_t>& steps, std::shared_ptr<grid::Runtime> gpu = nullptr, Gang* gang = nullptr);

  // The job's trials and all that join, until nothing more comes or a signal stops them.
  Result<StackOutcome> run();

 private:
  struct Member {  // a slot with the times of its running epoch
    std::unique_ptr<TrialSlot> slot;
    bool active = false;
    double started_at = 0;
    double train_seconds = 0;
    Profile before;  // what the stopwatch read when the trial started
  };

  Result<Round> next_round();
  Round own_round();
  Status fill_slots();
  void open_stack(const TrialInput& first);
  Status start(TrialInput trial);
  Status stop_trials(const StopTrials& stops);
  Status stop(Member& member);
  Status train_step();
  std::size_t slots_in_use();
  Status take_step(std::size_t slot, const std::optional<AttemptDiverged>& diverged);
  Status train_on_cpu(const StackBatch& gathered);
  Status train_on_gpu(const StackBatch& gathered);
  Status end_epochs();
  Status finish(Member& member);
  Status save_checkpoint(Member& member);
  Status report_checkpoint(Member& member, bool wait);
  Status send(const Member& member, AttemptEvent event);
  int active() const;

  const StackJob& job_;
  JobInput& input_;
  ReportSink& sink_;
  Requests& requests_;
  std::atomic<std::uint64_t>& steps_;
  const std::shared_ptr<grid::Runtime> gpu_;
  Gang* const gang_;
  const Environment environment_;
  // From the first trial on.
  std::optional<model::StackedModel> model_;
  std::unique_ptr<model::DeviceSteps> device_;  // nullptr: on the CPU
  std::optional<StackSize> size_;               // the leader's decides
  int trials_ = 1;                              // to train at once
  std::vector<Member> members_;                 // by slot

  std::deque<TrialJob> waiting_;  // for a slot
  StackOutcome outcome_;
  Stopwatch watch_;
  Background writer_;  // of checkpoints
};

// The whole job, on job.threads threads or the GPU that job.device means: reports trials that cannot train as failed,
// trains the others. gang: of job.gang members, nullptr: alone.
Result<StackOutcome> run_job(const StackJob& job, ReportSink& sink, Requests& requests,
                             std::atomic<std::uint64_t>& steps, const OpenGpu& open_gpu = gpu_of_this_process(),
                             Gang* gang = nullptr);

}  // namespace mer::trainer
