#include "orchestrator/sweep_plan.hpp"

#include <gtest/gtest.h>
#include <numeric>
#include <set>

#include "core/json.hpp"
#include "core/trial.hpp"
#include "tests/support/tiny_sweep.hpp"

namespace mer::orchestrator {
namespace {

using testing_support::plan_tiny_sweep;

TEST(SweepPlanTest, TrialsAreConfigurationsTimesSeedsTimesFolds) {
  const auto planned = plan_tiny_sweep(R"("seeds": [0, 1], "grid": {"model.alpha": [0.1, 0.5]})");

  ASSERT_TRUE(planned.plan.ok()) << planned.plan.error().message;
  EXPECT_EQ(planned.plan->submission.trials.size(), 2U * 2U * 3U);
  EXPECT_EQ(planned.plan->submission.folds.size(), 3U);
  EXPECT_EQ(planned.plan->submission.corpora.size(), 1U);
}

TEST(SweepPlanTest, TrialsOfAFoldGroupFollowEachOther) {
  const auto planned = plan_tiny_sweep(R"("seeds": [0, 1], "grid": {"model.alpha": [0.1, 0.5]})");

  std::set<std::pair<int, std::uint64_t>> seen;
  std::pair<int, std::uint64_t> group{-1, 0};
  for (const auto& trial : planned.plan->submission.trials) {
    const std::pair<int, std::uint64_t> next{trial.configuration, trial.spec.seed};
    if (next != group) {
      EXPECT_TRUE(seen.insert(next).second) << "a group that is not in one piece";
    }
    group = next;
  }
  EXPECT_EQ(seen.size(), 4U);
}

TEST(SweepPlanTest, IdsDependOnTheTrialAlone) {
  const auto once = plan_tiny_sweep();
  const auto again = plan_tiny_sweep(R"("resources": {"threads": 2}, "retry": {"max_attempts": 7})");

  std::set<TrialId> ids;
  for (std::size_t i = 0; i < once.plan->submission.trials.size(); ++i) {
    const TrialSpec& spec = once.plan->submission.trials[i].spec;
    EXPECT_EQ(spec.id, trial_id_of(spec));
    EXPECT_EQ(spec.id, again.plan->submission.trials[i].spec.id);
    ids.insert(spec.id);
  }
  EXPECT_EQ(ids.size(), 3U);
}

TEST(SweepPlanTest, EachConfigurationHasAnIdOfItsContent) {
  const auto planned = plan_tiny_sweep(R"("grid": {"model.alpha": [0.1, 0.5]})");
  const auto moved = plan_tiny_sweep(R"("grid": {"model.alpha": [0.1, 0.5]})", "/elsewhere/tiny");

  const auto& configurations = planned.plan->submission.sweep.configurations;
  ASSERT_EQ(configurations.size(), 2U);
  EXPECT_NE(configurations[0].id, configurations[1].id);
  for (const auto& trial : planned.plan->submission.trials) {
    EXPECT_EQ(trial.spec.configuration, configurations[std::size_t(trial.configuration)].id);
  }
  EXPECT_EQ(moved.plan->submission.sweep.configurations[0].id, configurations[0].id) << "the same corpus elsewhere";
}

TEST(SweepPlanTest, TooManyTrialsAreRefusedAtOnce) {
  const auto planned = plan_tiny_sweep(
      R"("seeds": {"count": 1000}, "random": {"count": 1000, "seed": 0, "train.learning_rate": {"log": [1e-5, 1e-2]}})");

  ASSERT_FALSE(planned.plan.ok());
  EXPECT_NE(planned.plan.error().message.find("more than 200000 trials"), std::string::npos);
}

TEST(SweepPlanTest, TestPartsStandInTheOrderOfTheFoldsRows) {
  const auto planned = plan_tiny_sweep();
  const storage::Submission& submission = planned.plan->submission;

  ASSERT_EQ(submission.test_parts.size(), submission.folds.size());
  for (std::size_t i = 0; i < submission.folds.size(); ++i) {
    const auto& part = submission.test_parts[i];
    const auto& rows = planned.plan->folds[i].fold.test;
    ASSERT_EQ(part.utterances.size(), rows.size());
    EXPECT_EQ(part.utterances.front(), planned.plan->folds[i].corpus->utterances[rows.front()].id);
    ASSERT_EQ(part.dialogues.size(), rows.size());
    EXPECT_EQ(part.dialogues.front(), planned.plan->folds[i].corpus->utterances[rows.front()].dialogue);
    EXPECT_EQ(part.truth.back(), planned.plan->folds[i].corpus->utterances[rows.back()].label);
    EXPECT_EQ(std::int64_t(rows.size()), submission.folds[i].test);
  }
}

TEST(SweepPlanTest, CorpusRecordSaysWhatTheCorpusHolds) {
  const auto planned = plan_tiny_sweep();
  const storage::CorpusRecord& corpus = planned.plan->submission.corpora.front();

  const auto facts = nlohmann::json::parse(corpus.facts_json);
  EXPECT_EQ(corpus.utterances, 24);
  EXPECT_EQ(facts["modalities"]["audio"], 3);
  EXPECT_EQ(facts["labels"]["sad"], 12);
  EXPECT_EQ(facts["speakers"]["S1F"]["sad"], 2);
  EXPECT_EQ(facts["features"]["audio"]["dim"], 3);
}

TEST(SweepPlanTest, MissingModalityIsAnErrorWithPointerValueAndChoice) {
  const auto planned = plan_tiny_sweep(R"("model": {"modalities": ["audio", "video"]})");

  ASSERT_FALSE(planned.plan.ok());
  EXPECT_EQ(planned.plan.error().code, ErrorCode::invalid);
  for (const char* word : {"/model/modalities", "\"video\"", "tiny", "\"audio\", \"text\""}) {
    EXPECT_NE(planned.plan.error().message.find(word), std::string::npos) << planned.plan.error().message;
  }
}

TEST(SweepPlanTest, DescriptionCountsPartsByClass) {
  const auto planned = plan_tiny_sweep(R"("seeds": [0, 1])");

  const PlanSummary summary = describe(*planned.plan);

  EXPECT_EQ(summary.trials, 6);
  EXPECT_EQ(summary.fold_groups, 2);
  ASSERT_EQ(summary.folds.size(), 3U);
  for (const FoldSummary& fold : summary.folds) {
    EXPECT_EQ(fold.train.utterances, 16);
    EXPECT_EQ(fold.test.utterances, 8);
    EXPECT_EQ(fold.test.classes, (std::vector<std::int64_t>{4, 4}));
    EXPECT_FALSE(fold.shares_speakers);
  }
}

}  // namespace
}  // namespace mer::orchestrator
