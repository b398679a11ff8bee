#include "cli/bench_figures.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace mer::cli {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;

// Epochs of `seconds` each, the first ending at `begin`.
std::vector<double> epochs(double begin, double seconds, int count) {
  std::vector<double> ends;
  for (int i = 0; i < count; ++i) ends.push_back(begin + seconds * i);
  return ends;
}

Profile profile_of(std::int64_t steps, double gather, double forward, double backward) {
  Profile profile;
  profile.steps = steps;
  profile.seconds[std::size_t(Work::gather)] = gather;
  profile.seconds[std::size_t(Work::forward)] = forward;
  profile.seconds[std::size_t(Work::backward)] = backward;
  return profile;
}

TEST(BenchFiguresTest, TheRateLeavesTheFirstEpochOfALonelyTrialOut) {
  const std::vector<BenchTrial> trials = {{.epoch_ends = epochs(100, 2, 5)}};

  const BenchFigures figures = figures_of(trials, 20, 1);

  EXPECT_EQ(figures.fold_epochs, 5);
  EXPECT_DOUBLE_EQ(figures.rate, 0.5);  // 4 epochs in 8 seconds
  EXPECT_DOUBLE_EQ(figures.whole_rate(), 0.25);
}

TEST(BenchFiguresTest, AStackWarmsUpTogether) {
  const std::vector<BenchTrial> trials = {{.epoch_ends = epochs(100.0, 4, 3)}, {.epoch_ends = epochs(100.1, 4, 3)}};

  EXPECT_NEAR(figures_of(trials, 20, 1).rate, 4 / 8.0, 1e-12);  // from 100.1 to 108.1
}

TEST(BenchFiguresTest, TrialsThatComeLaterAreNoWarmingUp) {
  const std::vector<BenchTrial> trials = {{.epoch_ends = epochs(100, 1, 4)}, {.epoch_ends = epochs(104, 1, 4)}};

  EXPECT_DOUBLE_EQ(figures_of(trials, 20, 1).rate, 1.0);  // 7 epochs from 100 to 107
}

TEST(BenchFiguresTest, OneEpochIsAllStart) {
  EXPECT_EQ(figures_of({{.epoch_ends = {100}}}, 20, 1).rate, 0);
}

TEST(BenchFiguresTest, MemoryAddsUpOverWorkersAndNotOverTheirTrials) {
  const std::vector<BenchTrial> trials = {
      {.worker = 1, .epoch_ends = {1, 2}, .peak_memory = 300 * kMebibyte},
      {.worker = 1, .epoch_ends = {1, 2}, .peak_memory = 310 * kMebibyte},
      {.worker = 2, .epoch_ends = {1, 2}, .peak_memory = 200 * kMebibyte},
  };

  const BenchFigures figures = figures_of(trials, 20, 2);

  EXPECT_EQ(figures.trainer_memory, 310 * kMebibyte);
  EXPECT_EQ(figures.memory, 510 * kMebibyte);
}

TEST(BenchFiguresTest, AStepIsTheTrainersAndAlsoTheTrialsShareOfTheCores) {
  // 10 steps an epoch, a step of 0.2 s for both trials together: 1 fold-epoch a second on one core.
  const Profile profile = profile_of(20, 0.5, 1.5, 2);
  const std::vector<BenchTrial> trials = {{.epoch_ends = epochs(100, 2, 2), .profile = profile},
                                          {.epoch_ends = epochs(100, 2, 2), .profile = profile}};

  const BenchFigures figures = figures_of(trials, 20, 1);

  EXPECT_DOUBLE_EQ(figures.step_seconds, 0.2);
  EXPECT_DOUBLE_EQ(figures.trial_step_seconds, 0.1);
}

TEST(SharesTextTest, NamesTheLargestPartFirstAndDropsWhatIsNothing) {
  EXPECT_EQ(shares_text(profile_of(1, 0.0001, 0.25, 0.75)), "backward 75.0 %, forward 25.0 %");
  EXPECT_EQ(shares_text(Profile()), "");
}

TEST(ProfileTest, TrainingIsAllButEvaluationCheckpointsAndTheRest) {
  const Profile profile{3, {1, 2, 4, 8, 16, 32, 64, 128}};

  EXPECT_EQ(profile.training(), 31);
  EXPECT_EQ(profile.total(), 255);
  Profile twice = profile;
  twice += profile;
  twice -= profile;
  EXPECT_EQ(twice, profile);
}

}  // namespace
}  // namespace mer::cli
