// The trainer on the device against the trainer on the CPU, in float64: trials in stacks that they join and leave
// there, alone here.
#include <ATen/core/Tensor.h>
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "data/safetensors.hpp"
#include "tests/device/test_device.hpp"
#include "tests/model/golden.hpp"
#include "tests/trainer/alike.hpp"
#include "tests/trainer/tiny_study.hpp"
#include "worker/trainer/tensor_bytes.hpp"

namespace mer::trainer {
namespace {

Result<std::shared_ptr<grid::Runtime>> test_device(double /*memory_share*/) {
  return model::open_test_device();
}

RecordedRun run_on_device(StackJob job, std::function<void(const Report&, Requests&)> at = {}) {
  job.device = DeviceChoice::cuda;
  return RecordedRun(job, std::move(at), test_device);
}

class DeviceTrainer : public testing::Test {
 protected:
  // Attached before the CPU trains anything: see attach_device().
  void SetUp() override {
    if (const auto reason = model::attach_test_device()) GTEST_SKIP() << *reason;
  }
};

TEST_F(DeviceTrainer, GivesTheCpusNumbersToTrialsThatJoinAndLeave) {
  const TinyStudy study;
  StackJob job = study.job(five_trials(study));
  job.slots = 3;
  job.record_representations = true;

  const RecordedRun run = run_on_device(job);

  EXPECT_EQ(run.outcome.finished, 5);
  for (const TrialJob& trial : job.trials) expect_alike(study, run.sink, trial);
}

TEST_F(DeviceTrainer, GoesOnFromItsCheckpoints) {
  const TinyStudy study;
  StackJob job = study.job(five_trials(study));
  job.slots = 2;
  job.record_representations = true;
  TrialJob again = job.trials[0];
  again.attempt = 2;

  const RecordedRun run = run_on_device(job, [&](const Report& report, Requests& requests) {
    if (report.trial != again.spec.id) return;
    const auto* done = std::get_if<EpochDone>(&report.event);
    if (done != nullptr && done->timing.epoch == 2) requests.add(StopTrials{{report.trial}});
    if (const auto* saved = std::get_if<CheckpointSaved>(&report.event)) again.resume = {saved->checkpoint};
    if (!std::holds_alternative<AttemptStopped>(report.event)) return;
    Assign joining;
    joining.job.trials = {again};
    requests.add(joining);
  });

  EXPECT_EQ(run.outcome.stopped, 1);
  EXPECT_EQ(run.outcome.finished, 5);
  EXPECT_EQ(run.sink.events<AttemptStarted>(again.spec.id).at(1).resumed_epoch, 2);
  for (const TrialJob& trial : job.trials) expect_alike(study, run.sink, trial);
}

TEST_F(DeviceTrainer, ACpusCheckpointCanBeGoneOnFrom) {
  const TinyStudy study;
  StackJob job = study.job({five_trials(study)[2]});
  const TrialId id = job.trials[0].spec.id;
  const RecordedRun stopped(job, [&](const Report& report, Requests& requests) {
    if (std::holds_alternative<EpochDone>(report.event)) requests.add(StopTrials{});
  });
  job.trials[0].attempt = 2;
  job.trials[0].resume = {stopped.sink.events<CheckpointSaved>(id).at(0).checkpoint};

  const RecordedRun rest = run_on_device(job);

  const TinyStudy apart;
  const RecordedRun whole(apart.job({five_trials(apart)[2]}));
  std::vector<EpochRow> rows = stopped.sink.rows(id);
  const std::vector<EpochRow> later = rest.sink.rows(id);
  rows.insert(rows.end(), later.begin(), later.end());
  expect_rows_alike(rows, whole.sink.rows(id));
}

TEST_F(DeviceTrainer, ScoresOnlyWhatIsScored) {
  const TinyStudy study(FoldContext::full);
  StackJob job = study.job({study.trial(1), study.trial(2)});
  for (TrialJob& trial : job.trials) {
    trial.spec.train.dtype = Dtype::float64;
    trial.spec.id = trial_id_of(trial.spec);
  }

  const RecordedRun run = run_on_device(job);

  EXPECT_EQ(run.outcome.finished, 2);
  for (const TrialJob& trial : job.trials) {
    const RecordedRun alone(study.job({trial}));
    expect_rows_alike(run.sink.rows(trial.spec.id), alone.sink.rows(trial.spec.id));
  }
}

TEST_F(DeviceTrainer, ATrialThatDivergesLeavesItsNeighboursAlone) {
  const TinyStudy study;
  StackJob job = study.job(five_trials(study));
  job.record_representations = true;
  job.trials[1].spec.train.learning_rate = 1e200;
  job.trials[1].spec.id = trial_id_of(job.trials[1].spec);

  const RecordedRun run = run_on_device(job);

  EXPECT_EQ(run.outcome.diverged, 1);
  EXPECT_EQ(run.outcome.finished, 4);
  const RecordedRun alone(study.job({job.trials[1]}));
  EXPECT_EQ(run.sink.events<AttemptDiverged>(job.trials[1].spec.id),
            alone.sink.events<AttemptDiverged>(job.trials[1].spec.id));
  expect_alike(study, run.sink, job.trials[2]);
}

TEST_F(DeviceTrainer, EveryOptimizerIsTheCpus) {
  for (const OptimizerKind kind : {OptimizerKind::adamw, OptimizerKind::sgd}) {
    const TinyStudy study;
    std::vector<TrialJob> trials = five_trials(study);
    for (TrialJob& trial : trials) {
      trial.spec.train.optimizer = kind;
      trial.spec.train.weight_decay = 1e-2;
      trial.spec.id = trial_id_of(trial.spec);
    }
    StackJob job = study.job({trials[0], trials[1]});
    job.record_representations = true;

    const RecordedRun run = run_on_device(job);

    for (const TrialJob& trial : job.trials) expect_alike(study, run.sink, trial);
  }
}

TEST_F(DeviceTrainer, ReportsTheDeviceAndHowManyTrialsItWants) {
  const TinyStudy study;
  StackJob job = study.job(five_trials(study));
  job.slots = 0;
  for (TrialJob& trial : job.trials) {
    trial.spec.train.epochs = 12;
    trial.spec.id = trial_id_of(trial.spec);
  }

  const RecordedRun run = run_on_device(job);

  const auto started = run.sink.events<AttemptStarted>(job.trials[0].spec.id);
  EXPECT_EQ(started.at(0).environment.device, model::open_test_device().value()->name());
  ASSERT_FALSE(run.sink.capacities.empty());
  EXPECT_EQ(run.sink.capacities.front(), 2);
}

}  // namespace
}  // namespace mer::trainer
