#include "tests/trainer/alike.hpp"

#include <ATen/core/Tensor.h>
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <string>

#include "data/safetensors.hpp"
#include "tests/model/golden.hpp"
#include "worker/trainer/tensor_bytes.hpp"

namespace mer::trainer {
namespace {

constexpr double kTolerance = 1e-9;

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

}  // namespace

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

namespace {

void expect_files_alike(const std::string& actual, const std::string& expected) {
  const auto file = data::SafetensorsFile::open(actual).value(), wanted = data::SafetensorsFile::open(expected).value();
  ASSERT_FALSE(wanted.tensors().empty());
  for (const auto& [name, view] : wanted.tensors()) {
    const double tolerance = view.type == data::TensorType::f32 ? 1e-6 : kTolerance;
    EXPECT_LT(model::largest_error(tensor_of(file.find(name).value()), tensor_of(view)), tolerance) << name;
  }
}

}  // namespace

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

namespace {

// The key's bias in attention changes nothing but by its own decay: its gradient is rounding, which Adam would multiply
// from step to step by learning rate * decay / epsilon.
constexpr double kSmallDecay = 1e-7;

}  // namespace

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

}  // namespace mer::trainer
