#include "web/analysis_api.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "core/json.hpp"
#include "core/scores.hpp"
#include "storage/comparison.hpp"
#include "storage/utterance_tests.hpp"
#include "tests/web/demo_store.hpp"

namespace mer::web {
namespace {

using nlohmann::json;
using test::kFolds;

class AnalysisApiTest : public ::testing::Test {
 protected:
  static json parse(const Result<std::string>& answer) {
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    json value = json::parse(*answer);
    EXPECT_EQ(value.at("schema"), 1);
    return value;
  }
  std::unique_ptr<storage::MemoryStore> store_ = test::make_demo_store();
  EpochChoice last_wa_ = {SelectionRule::last, Metric::wa};
};

TEST_F(AnalysisApiTest, AComparisonHasEveryFoldAndTest) {
  const json answer = parse(comparison_json(*store_, SweepId{4}, last_wa_, "1"));
  const auto comparison =
      storage::compare(*store_, store_->sweep(SweepId{4}).value(), SelectionRule::last, Metric::wa, "1").value();

  EXPECT_EQ(answer.at("baseline"), 0);
  EXPECT_EQ(answer.at("folds").size(), std::size_t{kFolds});
  ASSERT_EQ(answer.at("rows").size(), 2U);
  const json& worse = answer.at("rows")[0];
  EXPECT_EQ(worse.at("differences").size(), std::size_t{kFolds});
  for (int fold = 0; fold < kFolds; ++fold) {
    EXPECT_DOUBLE_EQ(worse.at("scores")[fold].get<double>() - answer.at("scores")[fold].get<double>(),
                     worse.at("differences")[fold].get<double>());
    EXPECT_LT(worse.at("differences")[fold].get<double>(), 0);
  }
  EXPECT_DOUBLE_EQ(worse.at("wilcoxon").at("p"), 2.0 / (1 << kFolds)) << "every sign is the same";
  EXPECT_DOUBLE_EQ(worse.at("wilcoxon").at("p_holm"), *comparison.rows[0].wilcoxon_holm);
  EXPECT_DOUBLE_EQ(worse.at("corrected_t").at("p_holm"), *comparison.rows[0].corrected_t_holm);
  EXPECT_EQ(worse.at("rank_biserial"), -1);
}

TEST_F(AnalysisApiTest, WhatCannotBeComparedSaysWhy) {
  const json answer = parse(comparison_json(*store_, SweepId{1}, last_wa_, "1"));
  EXPECT_EQ(answer.at("rows")[0].at("why_not"), "some of its trials have no result");
  EXPECT_FALSE(answer.at("rows")[0].contains("wilcoxon"));
  EXPECT_EQ(answer.at("scores").size(), std::size_t{kFolds}) << "the baseline's are there";
}

TEST_F(AnalysisApiTest, UtterancesHaveIntervalsAndTests) {
  const json answer = parse(utterances_json(*store_, SweepId{4}, last_wa_, "1"));
  const auto tests = storage::utterance_tests(*store_, SweepId{4}, SelectionRule::last, Metric::wa, "1").value();

  EXPECT_EQ(answer.at("baseline"), 0);
  ASSERT_EQ(answer.at("rows").size(), 3U);
  EXPECT_FALSE(answer.at("rows")[0].at("wa").contains("p")) << "the baseline itself";
  const json& worse = answer.at("rows")[1];
  EXPECT_EQ(worse.at("utterances"), 120 * kFolds);
  EXPECT_EQ(worse.at("dialogues"), 12 * kFolds);
  EXPECT_DOUBLE_EQ(worse.at("wa").at("value"), tests.rows[1].scores[0].value);
  EXPECT_DOUBLE_EQ(worse.at("wa").at("interval")[0], tests.rows[1].scores[0].interval.low);
  EXPECT_DOUBLE_EQ(worse.at("ua").at("difference"), tests.rows[1].differences[1].value);
  EXPECT_DOUBLE_EQ(worse.at("ua").at("difference_interval")[1], tests.rows[1].differences[1].interval.high);
  EXPECT_DOUBLE_EQ(worse.at("macro_f1").at("p_holm"), tests.rows[1].differences[2].p_holm);
  EXPECT_DOUBLE_EQ(worse.at("mcnemar").at("p_holm"), *tests.rows[1].mcnemar_holm);
}

TEST_F(AnalysisApiTest, UtterancesWithoutABaselineHaveIntervalsAlone) {
  const json answer = parse(utterances_json(*store_, SweepId{4}, last_wa_, "", {.offset = 2}));
  EXPECT_TRUE(answer.at("baseline").is_null());
  EXPECT_EQ(answer.at("total"), 3);
  ASSERT_EQ(answer.at("rows").size(), 1U);
  EXPECT_FALSE(answer.at("rows")[0].contains("mcnemar"));
  const json refused = parse(utterances_json(*store_, SweepId{1}, last_wa_, ""));
  EXPECT_EQ(refused.at("rows")[1].at("why_not"), "some of its trials have no result");
  EXPECT_EQ(refused.at("notes").size(), 2U);
}

TEST_F(AnalysisApiTest, ConfusionIsTheSumOfItsFolds) {
  const json answer = parse(confusion_json(*store_, SweepId{4}, last_wa_, "2"));

  EXPECT_EQ(answer.at("labels"), json({"angry", "happy", "sad", "neutral"}));
  EXPECT_EQ(answer.at("missing"), 0);
  ASSERT_EQ(answer.at("folds").size(), std::size_t{kFolds});
  ConfusionMatrix sum(4);
  for (int fold = 0; fold < kFolds; ++fold) {
    sum += test::confusion_of(test::demo_accuracy(1, fold, test::kEpochs), 120);
  }
  for (int truth = 0; truth < 4; ++truth) {
    for (int prediction = 0; prediction < 4; ++prediction) {
      EXPECT_EQ(answer.at("confusion")[truth][prediction], sum.at(truth, prediction));
    }
  }
  EXPECT_DOUBLE_EQ(answer.at("pooled").at("ua"), scores_of(sum).ua);
  EXPECT_EQ(answer.at("folds")[3].at("name"), "test-4");
  EXPECT_EQ(answer.at("folds")[3].at("trials").size(), 1U);
}

TEST_F(AnalysisApiTest, ConfusionWithATrialMissingHasNoScores) {
  const json answer = parse(confusion_json(*store_, SweepId{1}, last_wa_, "2"));
  EXPECT_EQ(answer.at("missing"), 1);
  EXPECT_TRUE(answer.at("pooled").at("wa").is_null());
  EXPECT_EQ(answer.at("folds").size(), std::size_t{kFolds - 1});
}

TEST_F(AnalysisApiTest, ConfusionOfNothingIsNull) {
  const json answer = parse(confusion_json(*store_, SweepId{3}, last_wa_, "1"));
  EXPECT_TRUE(answer.at("confusion").is_null());
  EXPECT_TRUE(answer.at("folds").empty());
}

TEST_F(AnalysisApiTest, TheAuditHasEveryRule) {
  const json answer = parse(audit_json(*store_, SweepId{4}, Metric::macro_f1));
  ASSERT_EQ(answer.at("rows").size(), 9U);
  EXPECT_EQ(answer.at("rows")[1].at("rule"), "best-validation");
  EXPECT_EQ(answer.at("rows")[2].at("oracle"), true);
  EXPECT_TRUE(answer.at("rows")[0].at("ua").at("pooled").is_number());
  EXPECT_EQ(answer.at("notes").size(), 3U);
}

TEST_F(AnalysisApiTest, UnknownConfigurationsAreNotFound) {
  EXPECT_EQ(comparison_json(*store_, SweepId{4}, last_wa_, "none").error().code, ErrorCode::not_found);
  EXPECT_EQ(utterances_json(*store_, SweepId{4}, last_wa_, "none").error().code, ErrorCode::not_found);
  EXPECT_EQ(confusion_json(*store_, SweepId{4}, last_wa_, "none").error().code, ErrorCode::not_found);
  EXPECT_EQ(audit_json(*store_, SweepId{9}, Metric::wa).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace mer::web
