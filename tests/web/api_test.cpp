#include "web/api.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/stats/distributions.hpp"
#include "tests/web/demo_store.hpp"
#include "web/json_values.hpp"

namespace mer::web {
namespace {

using nlohmann::json;
using test::demo_accuracy;
using test::kEpochs;
using test::kFolds;

class ApiTest : public ::testing::Test {
 protected:
  static json parse(const Result<std::string>& answer) {
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    json value = json::parse(*answer);
    EXPECT_EQ(value.at("schema"), 1);
    return value;
  }

  json curves(Split split, const std::string& quantity, std::vector<int> configurations = {}) {
    return parse(sweep_curves_json(*store_, SweepId{1}, {split, *quantity_from(quantity), std::move(configurations)}));
  }

  std::string id_of(int configuration, int fold) {
    const json answer = parse(trials_json(*store_, SweepId{1}));
    for (const json& trial : answer.at("trials")) {
      if (trial.at("configuration") == configuration && trial.at("fold") == fold) return trial.at("id");
    }
    return {};
  }

  std::unique_ptr<storage::MemoryStore> store_ = test::make_demo_store();
};

double wa_of(int configuration, int fold, int epoch) {
  return scores_of(test::confusion_of(demo_accuracy(configuration, fold, epoch), 120)).wa;
}

TEST_F(ApiTest, ListsSweepsNewestFirstWithTheirCounts) {
  const json sweeps = parse(sweeps_json(*store_)).at("sweeps");

  ASSERT_EQ(sweeps.size(), 5U);
  EXPECT_EQ(sweeps[4].at("name"), "auxiliary-loss");
  EXPECT_EQ(sweeps[4].at("counts").at("done"), 23);
  EXPECT_EQ(sweeps[4].at("counts").at("diverged"), 1);
  EXPECT_EQ(sweeps[4].at("counts").at("total"), 24);
  EXPECT_EQ(sweeps[3].at("counts").at("running"), 1);
}

TEST_F(ApiTest, SweepsAndTrialsCarryNotesAndTagsAndAreFoundByATag) {
  using storage::ControlVerb;
  const TrialId trial{id_of(1, 2)};
  ASSERT_TRUE(store_->control({.verb = ControlVerb::note, .sweep = SweepId{1}, .note = "a\nb"}).ok());
  ASSERT_TRUE(store_->control({.verb = ControlVerb::tag, .sweep = SweepId{1}, .tags = {"paper", "a"}}).ok());
  ASSERT_TRUE(store_->control({.verb = ControlVerb::tag, .trials = {trial}, .tags = {"odd"}}).ok());
  ASSERT_TRUE(store_->control({.verb = ControlVerb::note, .trials = {trial}, .note = "why?"}).ok());

  EXPECT_EQ(parse(sweep_json(*store_, SweepId{1})).at("note"), "a\nb");
  EXPECT_EQ(parse(sweep_json(*store_, SweepId{2})).at("tags"), json::array());
  const json sweeps = parse(sweeps_json(*store_, "paper")).at("sweeps");
  ASSERT_EQ(sweeps.size(), 1U);
  EXPECT_EQ(sweeps[0].at("tags"), json::array({"a", "paper"}));
  const json tagged = parse(trials_json(*store_, SweepId{1}, {.tag = "odd"}));
  EXPECT_EQ(tagged.at("total"), 1);
  EXPECT_EQ(tagged.at("trials")[0].at("id"), trial.hex);
  EXPECT_EQ(tagged.at("trials")[0].at("tags"), json::array({"odd"}));
  EXPECT_EQ(parse(trials_json(*store_, SweepId{1}, {.tag = "none"})).at("total"), 0);
  EXPECT_EQ(parse(trial_json(*store_, trial)).at("note"), "why?");
}

TEST_F(ApiTest, ASweepHasItsConfigurationsAndFolds) {
  const json sweep = parse(sweep_json(*store_, SweepId{1}));

  EXPECT_EQ(sweep.at("select"), json({{"epoch", "last"}, {"metric", "macro_f1"}}));
  EXPECT_EQ(sweep.at("configurations")[1].at("differing"), json({{"model.auxiliary_loss", false}}));
  ASSERT_EQ(sweep.at("folds").size(), std::size_t{kFolds});
  EXPECT_EQ(sweep.at("folds")[0].at("test"), 120);
  EXPECT_EQ(sweep.at("published")[0].at("value"), 0.8526);
  EXPECT_EQ(sweep.at("published")[1].at("source"), "Du et al. 2024, Table 6");
}

TEST_F(ApiTest, ResultsHaveMeanAndSdOfCompleteGroupsOnly) {
  const json rows =
      parse(results_json(*store_, SweepId{1}, {.rule = SelectionRule::last, .metric = Metric::macro_f1})).at("rows");

  double sum = 0;
  double squares = 0;
  for (int fold = 0; fold < kFolds; ++fold) sum += wa_of(0, fold, kEpochs);
  const double mean = sum / kFolds;
  for (int fold = 0; fold < kFolds; ++fold) squares += std::pow(wa_of(0, fold, kEpochs) - mean, 2);

  ASSERT_EQ(rows.size(), 2U);
  EXPECT_NEAR(rows[0].at("wa").at("mean").get<double>(), mean, 1e-12);
  EXPECT_NEAR(rows[0].at("wa").at("sd").get<double>(), std::sqrt(squares / (kFolds - 1)), 1e-12);
  EXPECT_TRUE(rows[1].at("wa").at("mean").is_null());
  EXPECT_EQ(rows[1].at("wa").at("n"), 11);
  EXPECT_EQ(rows[1].at("wa").at("expected_n"), 12);
  EXPECT_TRUE(rows[1].at("wa").at("points")[11].is_null());
}

TEST_F(ApiTest, MeansHaveTheirIntervalAndPublishedNumbersTheDifference) {
  const json answer =
      parse(results_json(*store_, SweepId{1}, {.rule = SelectionRule::last, .metric = Metric::wa, .sort = Metric::ua}));
  const json& complete = answer.at("rows")[0].at("macro_f1");
  const double half = stats::student_quantile(0.975, kFolds - 1) * complete.at("sd").get<double>() / std::sqrt(kFolds);
  EXPECT_NEAR(complete.at("interval")[0].get<double>(), complete.at("mean").get<double>() - half, 1e-12);
  EXPECT_TRUE(answer.at("rows")[1].at("wa").at("interval").is_null());
  EXPECT_TRUE(answer.at("published")[0].at("difference").is_null()) << "no configuration has its label";
  EXPECT_TRUE(answer.at("published")[0].at("configuration").is_null());
  EXPECT_EQ(answer.at("published")[1].at("configuration"), 0);
  EXPECT_NEAR(answer.at("published")[1].at("difference").get<double>(), complete.at("mean").get<double>() - 0.5, 1e-12);
}

TEST_F(ApiTest, TheOracleIsMarked) {
  const json best = parse(results_json(*store_, SweepId{1}, {.rule = SelectionRule::best_test, .metric = Metric::wa}));

  EXPECT_EQ(best.at("oracle"), true);
  EXPECT_EQ(best.at("metric"), "wa");
  EXPECT_EQ(parse(results_json(*store_, SweepId{1}, {.rule = SelectionRule::last, .metric = Metric::wa})).at("oracle"),
            false);
}

TEST_F(ApiTest, CurvesAverageOverFoldsAtEachEpoch) {
  const json group = curves(Split::test, "wa", {0}).at("configurations")[0];

  double sum = 0;
  for (int fold = 0; fold < kFolds; ++fold) sum += wa_of(0, fold, 7);
  EXPECT_EQ(group.at("epochs").size(), std::size_t{kEpochs});
  EXPECT_EQ(group.at("epochs")[6], 7);
  EXPECT_NEAR(group.at("mean")[6].get<double>(), sum / kFolds, 1e-12);
  EXPECT_EQ(group.at("n")[6], kFolds);
  EXPECT_EQ(group.at("series").size(), std::size_t{kFolds});
}

TEST_F(ApiTest, CurvesOfAnIncompleteGroupHaveNoMean) {
  const json group = curves(Split::test, "loss.total", {1}).at("configurations")[0];

  EXPECT_TRUE(group.at("mean")[7].is_number());
  EXPECT_TRUE(group.at("mean")[8].is_null());
  EXPECT_EQ(group.at("n")[8], 11);
  EXPECT_EQ(group.at("expected_n"), 12);
  EXPECT_EQ(group.at("series")[11].at("values")[8], "NaN");
}

TEST_F(ApiTest, CurvesOfOneFoldAreOverSeeds) {
  const auto answer = sweep_curves_json(*store_, SweepId{2}, {Split::test, *quantity_from("wa"), {0}});

  const json group = parse(answer).at("configurations")[0];

  EXPECT_EQ(group.at("over"), "seeds");
  EXPECT_EQ(group.at("expected_n"), 3);
  EXPECT_TRUE(group.at("mean")[0].is_number());
}

TEST_F(ApiTest, CurvesOfAnUnknownConfigurationAreNotFound) {
  const auto answer = sweep_curves_json(*store_, SweepId{1}, {Split::test, *quantity_from("wa"), {2}});

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::not_found);
}

TEST_F(ApiTest, ATrialTellsItsAttemptsAndScores) {
  const json trial = parse(trial_json(*store_, TrialId{id_of(0, 3)}));

  EXPECT_EQ(trial.at("state"), "done");
  EXPECT_EQ(trial.at("labels").size(), 4U);
  ASSERT_EQ(trial.at("attempts").size(), 2U);
  EXPECT_EQ(trial.at("attempts")[0].at("failure").at("code"), 9);
  const json& selected = trial.at("result").at("selected")[0];
  EXPECT_EQ(selected.at("rule"), "last");
  EXPECT_NEAR(selected.at("scores").at("wa").get<double>(), wa_of(0, 3, kEpochs), 1e-12);
  EXPECT_EQ(selected.at("confusion").size(), 4U);
}

TEST_F(ApiTest, NumbersThatAreNotFiniteAreStrings) {
  const json curve = parse(trial_curve_json(*store_, TrialId{id_of(1, kFolds - 1)}, Split::test));

  EXPECT_EQ(curve.at("epochs")[8].at("losses").at("total"), "NaN");
  EXPECT_EQ(curve.at("epochs")[8].at("losses").at("task"), "Infinity");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(number(1e-300), 1e-300);
  EXPECT_TRUE(number(std::optional<double>()).is_null());
}

TEST_F(ApiTest, TextThatIsNotUtf8IsStillAnAnswer) {
  EXPECT_EQ(text_of({{"a", "x\xff"}}), "{\"a\":\"x\xef\xbf\xbd\"}");
}

TEST_F(ApiTest, UnknownThingsAreNotFound) {
  EXPECT_EQ(sweep_json(*store_, SweepId{99}).error().code, ErrorCode::not_found);
  EXPECT_EQ(trial_json(*store_, TrialId{"00000000000000000000000000000000"}).error().code, ErrorCode::not_found);
}

TEST_F(ApiTest, TheVersionRisesWithEveryCommit) {
  const json before = parse(version_json(*store_, false));

  test::advance(*store_);

  EXPECT_GT(parse(version_json(*store_, false)).at("data_version"), before.at("data_version"));
}

TEST(QuantityTest, EveryNameIsReadBack) {
  EpochRow row;
  row.losses.total = 3;
  row.losses.auxiliary = 2;
  for (const std::string& name : quantity_names()) EXPECT_TRUE(quantity_from(name)) << name;
  EXPECT_EQ(quantity_from("loss.total")->of(row), 3);
  EXPECT_EQ(quantity_from("loss.auxiliary")->of(row), 2);
  EXPECT_EQ(quantity_from("loss.cycle")->of(row), std::nullopt);
  EXPECT_FALSE(quantity_from("loss.nothing"));
}

}  // namespace
}  // namespace mer::web
