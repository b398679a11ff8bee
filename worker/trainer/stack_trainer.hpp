// StackTrainer: trains the trials of one job together, step by step, until each has ended.
//
// A step takes the next batch of every active slot. Slots whose epoch ends are evaluated before the next step; slots
// end at different times. Threads: run() in one thread, which owns the model; `steps` is read by others. Errors: run()
// fails only when reports cannot be delivered; what happens to a trial is an event of its attempt.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/messages.hpp"
#include "core/result.hpp"
#include "model/stacked_model.hpp"
#include "worker/trainer/job_input.hpp"
#include "worker/trainer/report_sink.hpp"
#include "worker/trainer/stop_requests.hpp"
#include "worker/trainer/trial_slot.hpp"

namespace mer::trainer {

// How the job's attempts ended.
struct StackOutcome {
  int finished = 0, diverged = 0, stopped = 0, failed = 0;
};

class StackTrainer {
 public:
  // All arguments outlive the trainer. REQUIRES: input.trials is not empty.
  StackTrainer(const StackJob& job, const JobInput& input, ReportSink& sink, const StopRequests& stops,
               std::atomic<std::uint64_t>& steps);

  Result<StackOutcome> run();

 private:
  struct Member {  // a slot with the times of its running epoch
    std::unique_ptr<TrialSlot> slot;
    bool active = true;
    double train_seconds = 0, evaluate_seconds = 0;
  };

  Status start();
  Status stop_requested_members();
  Status train_step();
  Status end_epochs();
  Status finish(Member& member);
  Status save_checkpoint(Member& member);
  Status send(const Member& member, AttemptEvent event);
  bool any_active() const;

  const StackJob& job_;
  const JobInput& input_;
  ReportSink& sink_;
  const StopRequests& stops_;
  std::atomic<std::uint64_t>& steps_;
  const Environment environment_;
  const double started_at_;
  model::StackedModel model_;
  std::vector<Member> members_;  // by slot
  StackOutcome outcome_;
};

// The whole job, on job.threads threads: loads its input, reports trials that cannot train as failed, trains the
// others.
Result<StackOutcome> run_job(const StackJob& job, ReportSink& sink, const StopRequests& stops,
                             std::atomic<std::uint64_t>& steps);

}  // namespace mer::trainer
