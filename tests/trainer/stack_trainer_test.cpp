#include "worker/trainer/stack_trainer.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>

#include "data/safetensors.hpp"
#include "tests/trainer/tiny_study.hpp"
#include "worker/trainer/tensor_bytes.hpp"

namespace mer::trainer {
namespace {

// Three trials that differ in all that may differ within a stack.
std::vector<TrialJob> three_trials(const TinyStudy& study) {
  std::vector<TrialJob> trials = {study.trial(0), study.trial(1), study.trial(2)};
  trials[1].spec.model.dropout = 0.5;
  trials[1].spec.model.alpha = 0.7;
  trials[1].spec.train.batch_dialogues = 2;
  trials[1].spec.train.epochs = 3;
  trials[2].spec.fold = study.folds()[1].id;
  trials[2].spec.train.learning_rate = 3e-2;
  trials[2].spec.train.weight_decay = 1e-2;
  trials[2].spec.train.standardise = {"audio", "text"};
  trials[2].spec.train.epochs = 5;
  for (TrialJob& trial : trials) trial.spec.id = trial_id_of(trial.spec);
  return trials;
}

Numbers run_alone(const TinyStudy& study, const TrialJob& trial) {
  const RecordedRun run(study.job({trial}));
  return numbers_of(run.sink, trial.spec.id);
}

TEST(StackTrainerTest, ATrialHasRowsOfEachSplitAndAllSelections) {
  const TinyStudy study;
  const TrialJob trial = study.trial(0);

  const RecordedRun run(study.job({trial}));

  EXPECT_EQ(run.outcome.finished, 1);
  const auto rows = run.sink.rows(trial.spec.id);
  ASSERT_EQ(rows.size(), 12U);
  EXPECT_EQ(rows[0].split, Split::train);
  EXPECT_EQ(rows[0].epoch, 1);
  EXPECT_EQ(rows[0].utterances, std::int64_t(study.folds()[0].train.size()));
  EXPECT_EQ(rows[0].confusion.total(), rows[0].utterances);
  EXPECT_GT(rows[0].gradient_norm.value(), 0);
  EXPECT_EQ(rows[0].learning_rate, 1e-2);
  EXPECT_EQ(rows[1].split, Split::validation);
  EXPECT_EQ(rows[2].split, Split::test);
  EXPECT_FALSE(rows[2].gradient_norm.has_value());
  for (const EpochRow& row : rows) {
    EXPECT_TRUE(std::isfinite(row.losses.total));
    EXPECT_TRUE(row.losses.similarity && row.losses.cycle);
    EXPECT_EQ(row.losses.auxiliary_by_modality.size(), 2U);
  }
  const TrialResult result = run.sink.events<AttemptFinished>(trial.spec.id).at(0).result;
  EXPECT_EQ(result.selected.size(), 9U);  // last, and two rules for four metrics
  EXPECT_EQ(result.selected[0].rule, SelectionRule::last);
  EXPECT_EQ(result.selected[0].confusion, rows.back().confusion);
  EXPECT_EQ(result.selected[0].probabilities.size(), study.folds()[0].test.size() * 3);
  EXPECT_EQ(result.weights_sha256.size(), 64U);
  EXPECT_GT(result.parameters, 0);
  EXPECT_GT(result.peak_memory, 1 << 20);
}

TEST(StackTrainerTest, ProbabilitiesStandInTestOrderAndGiveTheConfusion) {
  const TinyStudy study;
  const Selected last = run_alone(study, study.trial(0)).selected.at(0);
  const auto& test = study.folds()[0].test;

  ConfusionMatrix again(3);
  for (std::size_t i = 0; i < test.size(); ++i) {
    const float* row = &last.probabilities[i * 3];
    EXPECT_NEAR(row[0] + row[1] + row[2], 1, 1e-6);
    again.at(study.corpus().utterances[test[i]].label, int(std::max_element(row, row + 3) - row)) += 1;
  }

  EXPECT_EQ(again, last.confusion);
}

// Every third turn has no label.
data::Corpus with_unlabelled_turns() {
  data::Corpus corpus = tiny_corpus();
  for (std::size_t row = 1; row < corpus.utterances.size(); row += 3) corpus.utterances[row].label = data::kNoLabel;
  corpus.id = data::corpus_id_of(corpus);
  return corpus;
}

TEST(StackTrainerTest, UnlabelledTurnsAreSeenButNeitherLearntFromNorScored) {
  const TinyStudy study(FoldContext::own, with_unlabelled_turns());
  data::Corpus changed = with_unlabelled_turns();
  std::vector<float> values(changed.features[0].values.begin(), changed.features[0].values.end());
  for (std::size_t row = 1; row < changed.utterances.size(); row += 3) values[row * 3] += 1;
  changed.features[0].values = values;
  changed.id = data::corpus_id_of(changed);
  const TinyStudy other(FoldContext::own, changed);
  const auto count = [&](const std::vector<std::uint32_t>& part) {
    return std::int64_t(data::labelled(study.corpus(), part).size());
  };

  const Numbers numbers = run_alone(study, study.trial(0));

  const data::Fold& fold = study.folds()[0];
  ASSERT_LT(count(fold.train), std::int64_t(fold.train.size()));
  EXPECT_EQ(numbers.rows.at(0).utterances, count(fold.train));
  EXPECT_EQ(numbers.rows.at(0).confusion.total(), count(fold.train));
  EXPECT_EQ(numbers.rows.at(1).confusion.total(), count(fold.validation));
  EXPECT_EQ(numbers.rows.at(2).confusion.total(), count(fold.test));
  EXPECT_EQ(std::int64_t(numbers.selected.at(0).probabilities.size()), count(fold.test) * 3);
  EXPECT_NE(numbers.weights, run_alone(other, other.trial(0)).weights);  // they are context
}

TEST(StackTrainerTest, TrainingLearnsTheTrainingPart) {
  const TinyStudy study;
  TrialJob trial = study.trial(0);
  trial.spec.train.epochs = 60;
  trial.spec.train.evaluate_every = 60;

  const auto rows = run_alone(study, study.job({trial}).trials[0]).rows;

  EXPECT_LT(rows.at(0).losses.task, 0.7);  // chance: ln 3 = 1.1
  EXPECT_GT(scores_of(rows.at(0).confusion).wa, 0.7);
}

TEST(StackTrainerTest, NeighboursDoNotMatterBitwise) {
  const TinyStudy study;
  const auto trials = three_trials(study);

  const RecordedRun stack(study.job(trials));

  EXPECT_EQ(stack.outcome.finished, 3);
  for (const TrialJob& trial : trials) {
    const Numbers together = numbers_of(stack.sink, trial.spec.id);
    const Numbers alone = run_alone(study, trial);
    EXPECT_FALSE(alone.weights.empty());
    EXPECT_EQ(together.rows, alone.rows);
    EXPECT_EQ(together.selected, alone.selected);
    EXPECT_EQ(together.weights, alone.weights);
  }
}

TEST(StackTrainerTest, RepresentationsOfTheTestPartAreKeptWhenAskedFor) {
  const TinyStudy study;
  StackJob job = study.job({study.trial(3), study.trial(4)});
  job.record_representations = true;

  const RecordedRun run(job);

  ASSERT_EQ(run.outcome.finished, 2);
  const TrialId id = job.trials[1].spec.id;
  const auto file =
      data::SafetensorsFile::open(study.store() + "/representations/" + id.hex + "/1.safetensors").value();
  const at::Tensor utterance = tensor_of(file.find("utterance").value());
  const std::vector<std::uint32_t>& test = study.folds()[0].test;
  ASSERT_EQ(std::vector<std::int64_t>(utterance.const_data_ptr<std::int64_t>(),
                                      utterance.const_data_ptr<std::int64_t>() + utterance.numel()),
            std::vector<std::int64_t>(test.begin(), test.end()));
  const at::Tensor logits = tensor_of(file.find("logits").value());
  const at::Tensor kept = at::softmax(logits, 1);
  const auto finished = run.sink.events<AttemptFinished>(id).at(0);
  const std::vector<float>& probabilities = finished.result.selected.at(0).probabilities;
  ASSERT_EQ(std::size_t(kept.numel()), probabilities.size());
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    EXPECT_NEAR(kept.const_data_ptr<float>()[i], probabilities[i], 1e-6);
  }
  const auto publics = file.find("public.text").value();
  EXPECT_EQ(publics.shape, (std::vector<std::int64_t>{std::int64_t(test.size()), 8}));
  EXPECT_TRUE(file.find("cross.audio_to_text").ok());
}

TEST(StackTrainerTest, RepresentationsThatCannotBeWrittenFailTheAttempt) {
  const TinyStudy study;
  StackJob job = study.job({study.trial(3)});
  job.record_representations = true;
  std::ofstream(study.store() + "/representations") << "a file where the folder should be";

  const RecordedRun run(job);

  EXPECT_EQ(run.outcome.failed, 1);
  const auto failed = run.sink.events<AttemptFailed>(job.trials[0].spec.id);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_NE(failed[0].failure.message.find("representations"), std::string::npos);
}

TEST(StackTrainerTest, RowsStandOnlyAtEvaluatedEpochsAndTheLast) {
  const TinyStudy study;
  TrialJob trial = study.trial(0);
  trial.spec.train.epochs = 5;
  trial.spec.train.evaluate_every = 2;

  const auto rows = run_alone(study, study.job({trial}).trials[0]).rows;

  std::vector<int> epochs;
  for (const EpochRow& row : rows) {
    if (row.split == Split::test) epochs.push_back(row.epoch);
  }
  EXPECT_EQ(epochs, (std::vector<int>{2, 4, 5}));
}

TEST(StackTrainerTest, AFoldWithoutValidationHasNoValidationRowsOrSelection) {
  const TinyStudy study;
  FoldSettings settings;
  settings.scheme = FoldSchemeKind::session;
  const data::Fold fold = data::plan_folds(study.corpus(), settings).value().folds[0];
  std::ofstream(study.store() + "/folds/" + fold.id.hex + ".json") << data::fold_to_json(fold, study.corpus());
  TrialJob trial = study.trial(0);
  trial.spec.fold = fold.id;

  const Numbers numbers = run_alone(study, study.job({trial}).trials[0]);

  EXPECT_EQ(numbers.rows.size(), 8U);
  EXPECT_EQ(numbers.selected.size(), 5U);
}

// --- divergence ---
TEST(StackTrainerTest, ADivergedTrialLeavesAndItsNeighbourGoesOnUnchanged) {
  const TinyStudy study;
  std::vector<TrialJob> trials = {study.trial(0), study.trial(1)};
  trials[0].spec.train.learning_rate = 1e20;
  const StackJob job = study.job(trials);

  const RecordedRun run(job);

  EXPECT_EQ(run.outcome.diverged, 1);
  EXPECT_EQ(run.outcome.finished, 1);
  const auto diverged = run.sink.events<AttemptDiverged>(job.trials[0].spec.id);
  ASSERT_EQ(diverged.size(), 1U);
  EXPECT_GE(diverged[0].epoch, 1);
  EXPECT_FALSE(diverged[0].component.empty());
  EXPECT_EQ(numbers_of(run.sink, job.trials[1].spec.id), run_alone(study, job.trials[1]));
}

// --- stop and resume ---
void expect_resume_is_exact(const TinyStudy& study, const std::vector<TrialJob>& trials, int stop_epoch) {
  SCOPED_TRACE("stopped after epoch " + std::to_string(stop_epoch));
  const StackJob job = study.job(trials);
  const TrialId first = job.trials[0].spec.id;
  const RecordedRun stopped(job, [&](const Report& report, Requests& requests) {
    const auto* done = std::get_if<EpochDone>(&report.event);
    if (report.trial == first && done != nullptr && done->timing.epoch == stop_epoch) requests.add(StopTrials{});
  });
  EXPECT_EQ(stopped.outcome.stopped, int(trials.size()));

  StackJob again = job;
  for (TrialJob& trial : again.trials) {
    const auto saved = stopped.sink.events<CheckpointSaved>(trial.spec.id);
    trial.attempt = 2;
    for (auto checkpoint = saved.rbegin(); checkpoint != saved.rend(); ++checkpoint) {
      trial.resume.push_back(checkpoint->checkpoint);
    }
  }
  const RecordedRun resumed(again);

  for (const TrialJob& trial : job.trials) {
    const TrialId id = trial.spec.id;
    const int kept = stopped.sink.events<AttemptStopped>(id).at(0).epoch;
    EXPECT_EQ(resumed.sink.events<AttemptStarted>(id).at(0).resumed_epoch, kept);
    Numbers joined = numbers_of(resumed.sink, id);
    std::vector<EpochRow> rows = stopped.sink.rows(id);
    std::erase_if(rows, [&](const EpochRow& row) { return row.epoch > kept; });
    rows.insert(rows.end(), joined.rows.begin(), joined.rows.end());
    joined.rows = rows;
    EXPECT_EQ(joined, run_alone(study, trial));
  }
}

TEST(ResumeTest, OneTrialIsBitwiseTheUndisturbedRunAtEveryEpoch) {
  const TinyStudy study;
  for (int epoch = 1; epoch < 4; ++epoch) expect_resume_is_exact(study, {study.trial(0)}, epoch);
}

TEST(ResumeTest, AStackStoppedInTheMiddleOfAnEpochIsBitwiseTheUndisturbedRun) {
  const TinyStudy study;
  std::vector<TrialJob> trials = {study.trial(0), study.trial(1)};
  trials[1].spec.train.batch_dialogues = 1;  // stands within its second epoch when trial 0 ends its third
  for (int epoch = 1; epoch < 4; ++epoch) expect_resume_is_exact(study, trials, epoch);
}

TEST(ResumeTest, HoldsForEveryOptimizerAndForFloat64) {
  const TinyStudy study;
  for (const OptimizerKind kind : {OptimizerKind::adamw, OptimizerKind::sgd}) {
    TrialJob trial = study.trial(3);
    trial.spec.train.optimizer = kind;
    trial.spec.train.dtype = kind == OptimizerKind::sgd ? Dtype::float64 : Dtype::float32;
    expect_resume_is_exact(study, {trial}, 2);
  }
}

TEST(ResumeTest, ACorruptCheckpointFallsBackToTheOlderOne) {
  const TinyStudy study;
  StackJob job = study.job({study.trial(0)});
  const TrialId id = job.trials[0].spec.id;
  const RecordedRun stopped(job, [](const Report& report, Requests& requests) {
    const auto* done = std::get_if<EpochDone>(&report.event);
    if (done != nullptr && done->timing.epoch == 3) requests.add(StopTrials{});
  });
  const auto saved = stopped.sink.events<CheckpointSaved>(id);
  ASSERT_EQ(saved.size(), 3U);
  const std::string newest = saved[2].checkpoint.file;
  std::filesystem::resize_file(study.store() + "/" + newest, 100);

  job.trials[0].attempt = 2;
  job.trials[0].resume = {saved[2].checkpoint, saved[1].checkpoint};
  const RecordedRun resumed(job);

  const AttemptStarted started = resumed.sink.events<AttemptStarted>(id).at(0);
  EXPECT_EQ(started.resumed_epoch, 2);
  ASSERT_EQ(started.refused_checkpoints.size(), 1U);
  EXPECT_NE(started.refused_checkpoints[0].find(newest), std::string::npos);
  EXPECT_EQ(numbers_of(resumed.sink, id).weights, run_alone(study, study.trial(0)).weights);
}

TEST(ResumeTest, WithoutAUsableCheckpointItStartsAnew) {
  const TinyStudy study;
  StackJob job = study.job({study.trial(0)});
  CheckpointRecord gone;
  gone.trial = job.trials[0].spec.id;
  gone.attempt = 1;
  gone.epoch = 2;
  gone.file = "checkpoints/none.safetensors";
  job.trials[0].resume = {gone};

  const RecordedRun run(job);

  EXPECT_EQ(run.sink.events<AttemptStarted>(gone.trial).at(0).refused_checkpoints.size(), 1U);
  EXPECT_EQ(numbers_of(run.sink, gone.trial), run_alone(study, study.trial(0)));
}

TEST(StopTest, BeforeTheFirstEpochsEndNothingIsSaved) {
  const TinyStudy study;
  const StackJob job = study.job({study.trial(0), study.trial(1)});
  const TrialId first = job.trials[0].spec.id, second = job.trials[1].spec.id;

  const RecordedRun run(job, [&](const Report& report, Requests& requests) {
    if (std::holds_alternative<AttemptStarted>(report.event)) requests.add(StopTrials{{first}});
  });

  EXPECT_EQ(run.sink.events<AttemptStopped>(first).at(0).epoch, 0);
  EXPECT_TRUE(run.sink.events<CheckpointSaved>(first).empty());
  EXPECT_EQ(run.sink.events<AttemptFinished>(second).size(), 1U);
}

TEST(StopTest, WritesTheCheckpointThatWasNotYetDue) {
  const TinyStudy study;
  StackJob job = study.job({study.trial(0)});
  job.checkpoint_seconds = 1000;
  const TrialId id = job.trials[0].spec.id;

  const RecordedRun run(job, [](const Report& report, Requests& requests) {
    const auto* done = std::get_if<EpochDone>(&report.event);
    if (done != nullptr && done->timing.epoch == 2) requests.add(StopTrials{});
  });

  ASSERT_EQ(run.sink.events<CheckpointSaved>(id).size(), 1U);
  EXPECT_EQ(run.sink.events<CheckpointSaved>(id)[0].checkpoint.epoch, 2);
  EXPECT_EQ(run.sink.events<AttemptStopped>(id).at(0).epoch, 2);
}

TEST(CheckpointFilesTest, TheNewestTwoAreKept) {
  const TinyStudy study;
  const StackJob job = study.job({study.trial(0)});

  const RecordedRun run(job);

  const auto saved = run.sink.events<CheckpointSaved>(job.trials[0].spec.id);
  ASSERT_EQ(saved.size(), 3U);  // the last epoch ends the trial and needs none
  EXPECT_FALSE(std::filesystem::exists(study.store() + "/" + saved[0].checkpoint.file));
  EXPECT_TRUE(std::filesystem::exists(study.store() + "/" + saved[1].checkpoint.file));
  EXPECT_TRUE(std::filesystem::exists(study.store() + "/" + saved[2].checkpoint.file));
}

TEST(CheckpointFilesTest, EachIsReportedAfterItsEpochAndBeforeTheAttemptsEnd) {
  const TinyStudy study;
  const StackJob job = study.job({study.trial(0), study.trial(1)});

  const RecordedRun run(job);

  for (const TrialJob& trial : job.trials) {
    int done = 0, saved = 0;
    bool ended = false;
    for (const Report& report : run.sink.reports) {
      if (report.trial != trial.spec.id) continue;
      EXPECT_FALSE(ended);
      if (const auto* epoch = std::get_if<EpochDone>(&report.event)) done = epoch->timing.epoch;
      if (const auto* checkpoint = std::get_if<CheckpointSaved>(&report.event)) {
        EXPECT_EQ(checkpoint->checkpoint.epoch, ++saved);
        EXPECT_LE(saved, done);
      }
      ended = std::holds_alternative<AttemptFinished>(report.event);
    }
    EXPECT_EQ(saved, 3);
    EXPECT_TRUE(ended);
  }
}

TEST(CheckpointFilesTest, OnesThatCannotBeWrittenDoNotEndTheTraining) {
  const TinyStudy study;
  const StackJob job = study.job({study.trial(0)});
  std::ofstream(study.store() + "/checkpoints") << "a file where the folder should be";

  const RecordedRun run(job);

  EXPECT_EQ(run.outcome.finished, 1);
  EXPECT_TRUE(run.sink.events<CheckpointSaved>(job.trials[0].spec.id).empty());
}

// --- errors ---
TEST(RunJobTest, AMissingCorpusFailsEveryTrialWithAMessage) {
  const TinyStudy study;
  StackJob job = study.job({study.trial(0), study.trial(1)});
  job.corpus_path += "-gone";

  const RecordedRun run(job);

  EXPECT_EQ(run.outcome.failed, 2);
  const auto failed = run.sink.events<AttemptFailed>(job.trials[1].spec.id);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_NE(failed[0].failure.message.find("-gone"), std::string::npos);
}

TEST(RunJobTest, OneTrialsMissingFoldDoesNotStopTheOthers) {
  const TinyStudy study;
  std::vector<TrialJob> trials = {study.trial(0), study.trial(1)};
  trials[0].spec.fold.hex = std::string(32, '0');
  const StackJob job = study.job(trials);

  const RecordedRun run(job);

  EXPECT_EQ(run.outcome.failed, 1);
  EXPECT_EQ(run.sink.events<AttemptFailed>(job.trials[0].spec.id).size(), 1U);
  EXPECT_EQ(numbers_of(run.sink, job.trials[1].spec.id), run_alone(study, job.trials[1]));
}

}  // namespace
}  // namespace mer::trainer
