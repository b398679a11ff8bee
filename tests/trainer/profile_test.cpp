#include "core/profile.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <vector>

#include "tests/trainer/tiny_study.hpp"
#include "worker/trainer/stopwatch.hpp"

namespace mer::trainer {
namespace {

TEST(StopwatchTest, TimeBelongsToTheWorkThatWasEnteredLast) {
  Stopwatch watch;
  watch.enter(Work::forward);
  while (watch.read().of(Work::forward) == 0) {
  }
  watch.enter(Work::backward);
  const Profile before = watch.read();
  while (watch.read().of(Work::backward) == before.of(Work::backward)) {
  }
  watch.count_step();

  const Profile after = watch.read();

  EXPECT_EQ(after.of(Work::forward), before.of(Work::forward));
  EXPECT_GT(after.of(Work::backward), before.of(Work::backward));
  EXPECT_EQ(after.of(Work::gather), 0);
  EXPECT_EQ(after.steps, 1);
}

TEST(StackTrainerProfileTest, AnAttemptHasItsOwnStepsAndTheStacksTime) {
  const TinyStudy study;
  std::vector<TrialJob> trials = {study.trial(0), study.trial(1), study.trial(2)};
  trials[1].spec.train.batch_dialogues = 1;
  trials[2].spec.train.epochs = 2;
  for (TrialJob& trial : trials) trial.spec.id = trial_id_of(trial.spec);
  StackJob job = study.job(trials);
  job.slots = 2;  // the third trial joins late

  const RecordedRun run(job);

  const data::Fold& fold = study.folds()[0];
  const auto dialogues = std::int64_t(data::dialogues_of(study.corpus(), fold, fold.train).size());
  for (const TrialJob& trial : trials) {
    const std::int64_t batch = trial.spec.train.batch_dialogues;
    const Profile profile = run.sink.events<AttemptFinished>(trial.spec.id).at(0).result.profile;
    EXPECT_EQ(profile.steps, trial.spec.train.epochs * ((dialogues + batch - 1) / batch));
    for (std::size_t i = 0; i < kWorks; ++i) EXPECT_GT(profile.seconds[i], 0) << name_of(Work(i));
  }
}

}  // namespace
}  // namespace mer::trainer
