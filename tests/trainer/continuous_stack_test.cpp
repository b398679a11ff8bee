// Neighbours don't matter: random stacks that trials join, leave, stop in and come back to.
#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

#include "tests/trainer/tiny_study.hpp"

namespace mer::trainer {
namespace {

using Random = std::mt19937;

int draw(Random& random, int below) {
  return int(random() % std::uint32_t(below));
}

// Differs from others in all that may differ within a stack.
TrialJob random_trial(const TinyStudy& study, Random& random, std::uint64_t seed) {
  TrialJob job = study.trial(seed);
  TrialSpec& spec = job.spec;
  const data::Fold& fold = study.folds()[std::size_t(draw(random, int(study.folds().size())))];
  spec.fold = fold.id;
  spec.fold_name = fold.name;
  spec.model.dropout = draw(random, 3) * 0.25;
  spec.model.alpha = draw(random, 3) * 0.5;
  spec.model.beta = draw(random, 3) * 0.5;
  spec.train.epochs = 1 + draw(random, 5);
  spec.train.batch_dialogues = 1 + draw(random, 4);
  spec.train.learning_rate = 1e-3 * (1 + draw(random, 20));
  spec.train.weight_decay = draw(random, 2) * 1e-2;
  spec.train.evaluate_every = 1 + draw(random, 2);
  if (draw(random, 2) == 0) spec.train.standardise = {"text"};
  if (draw(random, 10) == 0) spec.train.learning_rate = 1e20;  // diverges
  spec.id = trial_id_of(spec);
  return job;
}

// What a trial's attempts have come to, its rows as the store would keep them: of each epoch the latest attempt's. As
// encoded bytes, in which a NaN equals itself.
struct Outcome {
  std::map<std::pair<int, Split>, std::string> rows;
  std::string selected;
  std::string weights;
  std::vector<AttemptDiverged> diverged;
  bool operator==(const Outcome&) const = default;
};

std::string bytes_of(AttemptEvent event) {
  return encode(Report{{}, 0, std::move(event)});
}

Outcome outcome_of(const RecordingSink& sink, const TrialId& trial) {
  Outcome outcome;
  for (const EpochRow& row : sink.rows(trial)) outcome.rows[{row.epoch, row.split}] = bytes_of(EpochDone{{row}, {}});
  for (const auto& finished : sink.events<AttemptFinished>(trial)) {
    TrialResult selected;
    selected.selected = finished.result.selected;
    outcome.selected = bytes_of(AttemptFinished{selected});
    outcome.weights = finished.result.weights_sha256;
  }
  outcome.diverged = sink.events<AttemptDiverged>(trial);
  return outcome;
}

// Lets trials join and stop at random reports; a trial that was stopped comes back with its checkpoints.
class Disturber {
 public:
  Disturber(std::vector<TrialJob> later, Random& random) : later_(std::move(later)), random_(random) {}

  void operator()(const Report& report, Requests& requests) {
    if (const auto* saved = std::get_if<CheckpointSaved>(&report.event)) {
      checkpoints_[report.trial.hex].insert(checkpoints_[report.trial.hex].begin(), saved->checkpoint);
    }
    if (std::holds_alternative<AttemptStopped>(report.event)) come_back(report);
    if (ends_attempt(report.event)) running_.erase(report.trial.hex);
    if (std::holds_alternative<AttemptStarted>(report.event)) running_.insert(report.trial.hex);
    if (!running_.empty() && draw(random_, 6) == 0) {
      auto some = running_.begin();
      std::advance(some, draw(random_, int(running_.size())));
      requests.add(StopTrials{{{*some}}});
    }
    const bool idle = running_.empty() && ends_attempt(report.event);  // the run would end here
    if (!later_.empty() && (idle || draw(random_, 3) == 0)) join(requests);
  }

  void remember(const std::vector<TrialJob>& trials) {
    for (const TrialJob& trial : trials) known_[trial.spec.id.hex] = trial;
  }

 private:
  void come_back(const Report& report) {
    TrialJob again = known_.at(report.trial.hex);
    again.attempt = report.attempt + 1;
    again.resume = checkpoints_[report.trial.hex];
    later_.push_back(again);
  }

  void join(Requests& requests) {
    Assign assign;
    assign.job.trials = {later_.back()};
    later_.pop_back();
    remember(assign.job.trials);
    requests.add(assign);
  }

  std::vector<TrialJob> later_;
  Random& random_;
  std::map<std::string, TrialJob> known_;
  std::map<std::string, std::vector<CheckpointRecord>> checkpoints_;
  std::set<std::string> running_;
};

class NeighboursTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(NeighboursTest, DoNotMatterBitwiseHoweverTheyComeAndGo) {
  Random random(GetParam());
  const TinyStudy study;
  std::vector<TrialJob> trials;
  for (std::uint64_t seed = 0; seed < 8; ++seed) trials.push_back(random_trial(study, random, seed));

  StackJob job = study.job({trials.begin(), trials.begin() + 1 + draw(random, 5)});
  job.slots = draw(random, 5);  // 0: chosen while it runs
  Disturber disturb({trials.begin() + std::ptrdiff_t(job.trials.size()), trials.end()}, random);
  disturb.remember(job.trials);
  const RecordedRun stack(job, std::ref(disturb));

  for (const TrialJob& trial : trials) {
    const RecordedRun alone(study.job({trial}));
    const Outcome expected = outcome_of(alone.sink, trial.spec.id);
    EXPECT_TRUE(!expected.weights.empty() || !expected.diverged.empty());
    EXPECT_EQ(outcome_of(stack.sink, trial.spec.id), expected) << "trial of seed " << trial.spec.seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Random, NeighboursTest, ::testing::Range(0U, 24U));

TEST(ContinuousStackTest, TheNextTrialTakesTheSlotOfOneThatEnded) {
  const TinyStudy study;
  std::vector<TrialJob> trials;
  for (std::uint64_t seed = 0; seed < 5; ++seed) trials.push_back(study.trial(seed));
  trials[0].spec.train.epochs = 1;
  StackJob job = study.job(trials);
  job.slots = 2;
  int active = 0, most = 0, overlaps = 0;

  const RecordedRun run(job, [&](const Report& report, Requests&) {
    if (std::holds_alternative<AttemptStarted>(report.event)) {
      ++active;
      overlaps += report.trial == job.trials[2].spec.id && active == 2;  // beside the second one, which goes on
    }
    if (ends_attempt(report.event)) --active;
    most = std::max(most, active);
  });

  EXPECT_EQ(run.outcome.finished, 5);
  EXPECT_EQ(most, 2);
  EXPECT_EQ(overlaps, 1);
  EXPECT_TRUE(run.sink.capacities.empty());  // a fixed number is nothing to tell
}

TEST(ContinuousStackTest, ATrialThatWaitsForASlotCanBeStopped) {
  const TinyStudy study;
  StackJob job = study.job({study.trial(0), study.trial(1)});
  job.slots = 1;
  const TrialId second = job.trials[1].spec.id;

  const RecordedRun run(job, [&](const Report& report, Requests& requests) {
    if (std::holds_alternative<AttemptStarted>(report.event)) requests.add(StopTrials{{second}});
  });

  EXPECT_EQ(run.outcome.finished, 1);
  EXPECT_EQ(run.sink.events<AttemptStopped>(second).at(0).epoch, 0);
  EXPECT_TRUE(run.sink.events<AttemptStarted>(second).empty());
}

TEST(ContinuousStackTest, WithoutAFixedNumberTheTrainerSaysHowManyItWants) {
  const TinyStudy study;
  std::vector<TrialJob> trials;
  for (std::uint64_t seed = 0; seed < 6; ++seed) trials.push_back(study.trial(seed));
  for (TrialJob& trial : trials) trial.spec.train.epochs = 12;
  StackJob job = study.job(trials);
  job.slots = 0;

  const RecordedRun run(job);

  EXPECT_EQ(run.outcome.finished, 6);
  ASSERT_FALSE(run.sink.capacities.empty());
  EXPECT_EQ(run.sink.capacities.front(), 2);
}

TEST(ContinuousStackTest, ATightMemoryLeavesRoomForOne) {
  const TinyStudy study;
  std::vector<TrialJob> trials = {study.trial(0), study.trial(1)};
  for (TrialJob& trial : trials) trial.spec.train.epochs = 12;
  StackJob job = study.job(trials);
  job.slots = 0;
  job.memory = 1 << 20;

  const RecordedRun run(job);

  EXPECT_EQ(run.outcome.finished, 2);
  EXPECT_TRUE(run.sink.capacities.empty());
}

}  // namespace
}  // namespace mer::trainer
