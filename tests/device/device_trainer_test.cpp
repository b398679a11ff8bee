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
#include "tests/trainer/tiny_study.hpp"
#include "worker/trainer/tensor_bytes.hpp"

namespace mer::trainer {
namespace {

constexpr double kTolerance = 1e-9;

Result<std::shared_ptr<grid::Runtime>> test_device(double /*memory_share*/) {
  return model::open_test_device();
}

RecordedRun run_on_device(StackJob job, std::function<void(const Report&, Requests&)> at = {}) {
  job.device = DeviceChoice::cuda;
  return RecordedRun(job, std::move(at), test_device);
}

// --- what is compared ---

std::vector<double> values_of(const EpochRow& row) {
  const LossComponents& losses = row.losses;
  std::vector<double> values = {losses.total, losses.task};
  for (const std::optional<double>& value : {losses.auxiliary, losses.subspace, losses.similarity, losses.difference,
                                             losses.reconstruction, losses.cycle, row.gradient_norm}) {
    if (value) values.push_back(*value);
  }
  values.insert(values.end(), losses.auxiliary_by_modality.begin(), losses.auxiliary_by_modality.end());
  return values;
}

void expect_rows_alike(const std::vector<EpochRow>& actual, const std::vector<EpochRow>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    SCOPED_TRACE("row " + std::to_string(i) + ", epoch " + std::to_string(expected[i].epoch));
    EXPECT_EQ(actual[i].epoch, expected[i].epoch);
    EXPECT_EQ(actual[i].split, expected[i].split);
    EXPECT_EQ(actual[i].utterances, expected[i].utterances);
    EXPECT_EQ(actual[i].confusion, expected[i].confusion);
    const std::vector<double> values = values_of(actual[i]), wanted = values_of(expected[i]);
    ASSERT_EQ(values.size(), wanted.size());
    for (std::size_t v = 0; v < wanted.size(); ++v) {
      EXPECT_NEAR(values[v], wanted[v], kTolerance * std::max(1.0, std::abs(wanted[v]))) << "value " << v;
    }
  }
}

void expect_files_alike(const std::string& actual, const std::string& expected) {
  const auto file = data::SafetensorsFile::open(actual).value(), wanted = data::SafetensorsFile::open(expected).value();
  ASSERT_FALSE(wanted.tensors().empty());
  for (const auto& [name, view] : wanted.tensors()) {
    const double tolerance = view.type == data::TensorType::f32 ? 1e-6 : kTolerance;
    EXPECT_LT(model::largest_error(tensor_of(file.find(name).value()), tensor_of(view)), tolerance) << name;
  }
}

// Rows of every epoch, and the representations and the last checkpoint, which holds weights and moments.
void expect_alike(const TinyStudy& study, const RecordingSink& sink, const TrialJob& trial) {
  SCOPED_TRACE("trial of seed " + std::to_string(trial.spec.seed));
  const TinyStudy apart;  // its files have the same names
  StackJob job = apart.job({trial});
  job.record_representations = true;
  const RecordedRun alone(job);
  const TrialId id = trial.spec.id;
  expect_rows_alike(sink.rows(id), alone.sink.rows(id));
  const auto representations = [&](const std::string& store, std::size_t attempt) {
    return store + "/representations/" + id.hex + "/" + std::to_string(attempt) + ".safetensors";
  };
  const std::size_t attempts = sink.events<AttemptStarted>(id).size();
  expect_files_alike(representations(study.store(), attempts), representations(apart.store(), 1));
  const auto checkpoint = [&](const RecordingSink& of, const std::string& store) {
    return store + "/" + of.events<CheckpointSaved>(id).back().checkpoint.file;
  };
  expect_files_alike(checkpoint(sink, study.store()), checkpoint(alone.sink, apart.store()));
}

// The key's bias in attention changes nothing but by its own decay: its gradient is rounding, which Adam would multiply
// from step to step by learning rate * decay / epsilon.
constexpr double kSmallDecay = 1e-7;

// Five trials that differ in all that may differ within a stack.
std::vector<TrialJob> five_trials(const TinyStudy& study) {
  std::vector<TrialJob> trials;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    TrialJob& trial = trials.emplace_back(study.trial(seed));
    trial.spec.train.dtype = Dtype::float64;
    trial.spec.fold = study.folds()[seed % 3].id;
    trial.spec.model.dropout = 0.2 * double(seed % 3);
    trial.spec.train.epochs = 3 + int(seed) % 3;
    trial.spec.train.batch_dialogues = 2 + int(seed) % 3;
    trial.spec.train.weight_decay = kSmallDecay * double(seed % 2);
    trial.spec.train.standardise =
        seed % 2 == 0 ? std::vector<std::string>{"audio", "text"} : std::vector<std::string>{};
    trial.spec.id = trial_id_of(trial.spec);
  }
  trials[1].spec.train.evaluate_every = 2;
  trials[1].spec.id = trial_id_of(trials[1].spec);
  return trials;
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
