#include <algorithm>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/scores.hpp"
#include "core/stats/bootstrap.hpp"
#include "core/stats/importance.hpp"
#include "core/stats/paired_tests.hpp"
#include "core/stats/summary.hpp"

namespace mer::stats {
namespace {

using nlohmann::json;
using Numbers = std::vector<double>;

constexpr double kNear = 1e-9;

// Made by tools/oracles/make_statistics.py with scipy and statsmodels.
const json& golden() {
  static const json document = [] {
    std::ifstream file(MER_SOURCE_DIR "/tests/golden/statistics.json");
    return json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  }();
  return document;
}

Numbers numbers(const json& value) {
  return value.get<Numbers>();
}

TEST(SummaryTest, MeansSpreadsAndStudentsIntervalsAreScipys) {
  for (const json& one : golden().at("summaries")) {
    const Numbers values = numbers(one.at("values"));
    const auto interval = student_interval(values);
    ASSERT_TRUE(interval);
    EXPECT_NEAR(mean_of(values), one.at("mean"), kNear);
    EXPECT_NEAR(*sd_of(values), one.at("sd"), kNear);
    EXPECT_NEAR(interval->low, one.at("low"), kNear);
    EXPECT_NEAR(interval->high, one.at("high"), kNear);
  }
}

TEST(SummaryTest, OneValueHasNoSpread) {
  EXPECT_TRUE(std::isnan(mean_of({})));
  EXPECT_FALSE(sd_of(Numbers{1}));
  EXPECT_FALSE(student_interval(Numbers{1}));
}

TEST(WilcoxonTest, IsExactWithTiesAndZerosToo) {
  for (const json& one : golden().at("wilcoxon")) {
    const TestOutcome outcome = wilcoxon_signed_rank(numbers(one.at("differences")));
    ASSERT_TRUE(outcome.p) << one.dump();
    EXPECT_NEAR(*outcome.p, one.at("p"), kNear) << one.dump();
    EXPECT_NEAR(outcome.statistic, one.at("statistic"), kNear) << one.dump();
  }
}

TEST(WilcoxonTest, SaysWhenNoOutcomeCanReachALevel) {
  const TestOutcome five = wilcoxon_signed_rank(Numbers{1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(five.smallest_p, 0.0625);
  EXPECT_FALSE(five.can_reach(0.05));
  EXPECT_TRUE(wilcoxon_signed_rank(Numbers{1, 2, 3, 4, 5, 6}).can_reach(0.05));
  EXPECT_FALSE(wilcoxon_signed_rank(Numbers{1, 2, 3, 4, 5, 0}).can_reach(0.05)) << "a zero is no pair";
}

TEST(WilcoxonTest, WhatMakesNoSenseHasNoPAndAReason) {
  EXPECT_FALSE(wilcoxon_signed_rank(Numbers{0.5}).p);
  EXPECT_FALSE(wilcoxon_signed_rank(Numbers{0, 0, 0}).p);
  EXPECT_EQ(wilcoxon_signed_rank(Numbers{0, 0, 0}).why, "all differences are 0");
  EXPECT_FALSE(wilcoxon_signed_rank(Numbers{0.5}).can_reach(1));
}

TEST(CorrectedResampledTTest, IsNadeauAndBengios) {
  for (const json& one : golden().at("corrected_t")) {
    const TestOutcome outcome = corrected_resampled_t(numbers(one.at("differences")), one.at("share"));
    ASSERT_TRUE(outcome.p);
    EXPECT_NEAR(*outcome.p, one.at("p"), kNear);
    EXPECT_NEAR(outcome.statistic, one.at("statistic"), kNear);
  }
}

TEST(CorrectedResampledTTest, WithoutVarianceThereIsNoTest) {
  EXPECT_EQ(corrected_resampled_t(Numbers{0, 0}, 0.1).why, "all differences are 0");
  EXPECT_NE(corrected_resampled_t(Numbers{0.5, 0.5}, 0.1).why.find("the same"), std::string::npos);
  EXPECT_FALSE(corrected_resampled_t(Numbers{0.5}, 0.1).p);
}

TEST(McnemarTest, IsTheExactOne) {
  for (const json& one : golden().at("mcnemar")) {
    const TestOutcome outcome = mcnemar(one.at("first"), one.at("second"));
    ASSERT_TRUE(outcome.p);
    EXPECT_NEAR(*outcome.p, one.at("p"), kNear) << one.dump();
  }
  EXPECT_FALSE(mcnemar(0, 0).p);
  EXPECT_FALSE(mcnemar(2, 3).can_reach(0.05)) << "five utterances: 0.0625 at best";
  EXPECT_TRUE(mcnemar(2, 4).can_reach(0.05));
}

TEST(HolmTest, IsStatsmodels) {
  for (const json& one : golden().at("holm")) {
    const Numbers corrected = holm(numbers(one.at("p")));
    const Numbers expected = numbers(one.at("corrected"));
    ASSERT_EQ(corrected.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(corrected[i], expected[i], kNear);
  }
  EXPECT_TRUE(holm({}).empty());
}

TEST(EffectSizeTest, SignsAndBounds) {
  EXPECT_NEAR(*cohens_dz(Numbers{1, 2, 3}), 2.0, kNear);
  EXPECT_FALSE(cohens_dz(Numbers{2, 2}));
  EXPECT_DOUBLE_EQ(*rank_biserial(Numbers{1, 2, 3}), 1);
  EXPECT_DOUBLE_EQ(*rank_biserial(Numbers{-1, -2, -3}), -1);
  EXPECT_DOUBLE_EQ(*rank_biserial(Numbers{1, -1, 0}), 0);
  EXPECT_FALSE(rank_biserial(Numbers{0, 0}));
}

std::vector<ConfusionMatrix> matrices(const json& list) {
  std::vector<ConfusionMatrix> all;
  for (const json& counts : list) {
    ConfusionMatrix matrix(3);
    matrix.counts = counts.get<std::vector<std::int64_t>>();
    all.push_back(matrix);
  }
  return all;
}

std::vector<DialogueMatrices> runs(const json& list) {
  std::vector<DialogueMatrices> all;
  for (const json& run : list) all.push_back(matrices(run));
  return all;
}

Numbers column(const std::vector<Scores>& draws, double Scores::*score) {
  Numbers values;
  for (const Scores& scores : draws) values.push_back(scores.*score);
  return values;
}

Numbers differences(const std::vector<Scores>& first, const std::vector<Scores>& second, double Scores::*score) {
  Numbers values = column(first, score);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] -= second[i].*score;
  return values;
}

void expect_near(const Interval& interval, const json& expected, double tolerance) {
  EXPECT_NEAR(interval.low, expected[0], tolerance);
  EXPECT_NEAR(interval.high, expected[1], tolerance);
}

constexpr double Scores::*kScores[] = {&Scores::wa, &Scores::ua, &Scores::macro_f1};

TEST(BootstrapTest, TheSameDrawsHaveScikitLearnsScores) {
  const json& one = golden().at("exact_bootstrap");
  const auto first = runs(one.at("first")), second = runs(one.at("second"));
  const BootstrapOptions options{.draws = one.at("draws"), .seed = one.at("seed")};

  const auto first_draws = bootstrap_scores(first, options), second_draws = bootstrap_scores(second, options);

  for (std::size_t i = 0; i < std::size(kScores); ++i) {
    const Numbers paired = differences(first_draws, second_draws, kScores[i]);
    EXPECT_NEAR(pooled_scores(first).*kScores[i], one.at("scores")[i], kNear);
    expect_near(percentile_interval(column(first_draws, kScores[i])), one.at("intervals")[i], kNear);
    expect_near(percentile_interval(paired), one.at("difference_intervals")[i], kNear);
    EXPECT_NEAR(bootstrap_p(paired), one.at("p")[i], kNear);
  }
}

// Two generators' percentiles of so many draws differ by their own sampling error alone.
TEST(BootstrapTest, IntervalsAgreeWithNumpysOfManyDraws) {
  const json& one = golden().at("bootstrap");
  const auto first = runs(json::array({one.at("first")})), second = runs(json::array({one.at("second")}));
  const BootstrapOptions options{.draws = 20000};

  const auto first_draws = bootstrap_scores(first, options), second_draws = bootstrap_scores(second, options);

  constexpr double kSampling = 0.002;
  expect_near(percentile_interval(column(first_draws, &Scores::ua)), one.at("ua"), kSampling);
  expect_near(percentile_interval(column(first_draws, &Scores::macro_f1)), one.at("macro_f1"), kSampling);
  EXPECT_NEAR(pooled_scores(first).ua - pooled_scores(second).ua, one.at("ua_difference"), kNear);
  expect_near(percentile_interval(differences(first_draws, second_draws, &Scores::ua)),
              one.at("ua_difference_interval"), kSampling);
}

TEST(BootstrapTest, ASeedGivesTheSameDrawsAndAnotherOthers) {
  const auto first = runs(json::array({golden().at("bootstrap").at("first")}));
  EXPECT_EQ(bootstrap_scores(first, {.draws = 200, .seed = 1}), bootstrap_scores(first, {.draws = 200, .seed = 1}));
  EXPECT_NE(bootstrap_scores(first, {.draws = 200, .seed = 1}), bootstrap_scores(first, {.draws = 200, .seed = 2}));
}

TEST(BootstrapTest, EqualSystemsDifferByNothing) {
  const auto first = runs(json::array({golden().at("bootstrap").at("first")}));
  const auto draws = bootstrap_scores(first, {.draws = 100});
  const Numbers none = differences(draws, draws, &Scores::ua);
  EXPECT_DOUBLE_EQ(bootstrap_p(none), 1);
  EXPECT_EQ(percentile_interval(none), (Interval{0, 0}));
}

// Dialogues of one size in each of which the second system has one more right: every draw differs by the same.
TEST(BootstrapTest, AConstantDifferenceHasAnIntervalWithoutWidth) {
  DialogueMatrices first, second;
  for (int right = 1; right < 9; ++right) {
    first.emplace_back(2).counts = {right, 10 - right, 0, 10};
    second.emplace_back(2).counts = {right + 1, 9 - right, 0, 10};
  }
  const std::vector<DialogueMatrices> runs_of_first = {first}, runs_of_second = {second};
  const Numbers paired = differences(bootstrap_scores(runs_of_first), bootstrap_scores(runs_of_second), &Scores::wa);

  expect_near(percentile_interval(paired), json{-0.05, -0.05}, 1e-12);
  EXPECT_DOUBLE_EQ(bootstrap_p(paired), 2.0 / 2001) << "no draw is on the other side";
}

TEST(BootstrapTest, ASystemAgainstAnotherHasThePOfTheOtherAgainstIt) {
  const json& one = golden().at("bootstrap");
  const auto first = runs(json::array({one.at("first")})), second = runs(json::array({one.at("second")}));
  const auto first_draws = bootstrap_scores(first), second_draws = bootstrap_scores(second);
  const Numbers forth = differences(first_draws, second_draws, &Scores::macro_f1);
  const Numbers back = differences(second_draws, first_draws, &Scores::macro_f1);
  EXPECT_DOUBLE_EQ(bootstrap_p(forth), bootstrap_p(back));
  EXPECT_NEAR(percentile_interval(forth).low, -percentile_interval(back).high, 1e-12);
}

std::vector<KeyValues> words(const json& keys) {
  std::vector<KeyValues> list;
  for (const json& key : keys) {
    KeyValues values;
    for (const json& level : key) values.push_back({level.dump(), std::nullopt});
    list.push_back(std::move(values));
  }
  return list;
}

KeyValues numeric_key(const Numbers& given) {
  KeyValues values;
  for (const double number : given) values.push_back({std::to_string(number), number});
  return values;
}

TEST(ImportanceTest, MainEffectsAndAdjustmentAreStatsmodels) {
  for (const char* kind : {"grids", "scattered"}) {
    for (const json& one : golden().at("importances").at(kind)) {
      const Importances found = importances(numbers(one.at("scores")), words(one.at("keys")));
      ASSERT_EQ(found.keys.size(), 3U) << found.why_not;
      for (std::size_t key = 0; key < 3; ++key) {
        EXPECT_NEAR(*found.keys[key].share, one.at("share")[key], kNear);
        EXPECT_NEAR(*found.keys[key].adjusted, one.at("adjusted")[key], kNear);
      }
    }
  }
}

TEST(ImportanceTest, GridsHaveTheSharesOfTheWholeAnova) {
  for (const json& one : golden().at("importances").at("grids")) {
    const Importances found = importances(numbers(one.at("scores")), words(one.at("keys")));
    EXPECT_TRUE(found.grid);
    ASSERT_EQ(found.interactions.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(*found.keys[i].share, one.at("main")[i], kNear);
      EXPECT_NEAR(found.interactions[i].share, one.at("interactions")[i], kNear);
    }
  }
  for (const json& one : golden().at("importances").at("scattered")) {
    const Importances found = importances(numbers(one.at("scores")), words(one.at("keys")));
    EXPECT_FALSE(found.grid);
    EXPECT_TRUE(found.interactions.empty());
  }
}

TEST(ImportanceTest, AGridWithoutOneOfItsPointsIsNone) {
  const std::vector<KeyValues> keys = words(json{{0, 0, 0, 1, 1}, {0, 1, 2, 0, 1}});
  EXPECT_FALSE(importances(Numbers{1, 2, 3, 4, 6}, keys).grid);
  EXPECT_FALSE(importances(Numbers{1, 2, 3, 4, 6}, words(json{{0, 1, 2, 3, 4}, {0, 0, 0, 0, 0}})).grid)
      << "one key alone has nothing to be crossed with";
}

TEST(ImportanceTest, ManyNumbersFallIntoBinsWhichEqualOnesShare) {
  Numbers given;
  for (int i = 0; i < 40; ++i) given.push_back(i < 12 ? 0 : i);
  const Levels levels = levels_of(numeric_key(given));
  EXPECT_TRUE(levels.binned);
  EXPECT_LE(levels.count, kMostLevels);
  for (std::size_t i = 1; i < 12; ++i) EXPECT_EQ(levels.of[i], levels.of[0]);
  EXPECT_NE(levels.of[12], levels.of[0]);

  const Levels few = levels_of(numeric_key({1, 2, 1, 2, 1, 2}));
  EXPECT_FALSE(few.binned);
  EXPECT_EQ(few.count, 2U);
}

TEST(ImportanceTest, AKeyThatIsANumberOnlySometimesKeepsItsWords) {
  KeyValues values = numeric_key({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  values.push_back({"\"n/a\"", std::nullopt});
  values.push_back({"\"n/a\"", std::nullopt});
  const Levels levels = levels_of(values);
  EXPECT_EQ(levels.of[10], levels.of[11]);
  EXPECT_EQ(std::ranges::count(levels.of, levels.of[10]), 2);
}

TEST(ImportanceTest, AdjustmentTakesChanceAway) {
  // 8 bins explain about 7/39 of noise; adjusted, about nothing.
  Numbers noise, given;
  unsigned state = 7;
  for (int i = 0; i < 200; ++i) {
    state = state * 1664525U + 1013904223U;
    noise.push_back(double(state >> 8) / double(1U << 24));
    given.push_back(i);
  }
  const Importances found = importances(noise, {numeric_key(given)});
  EXPECT_GT(*found.keys[0].share, 0);
  EXPECT_NEAR(*found.keys[0].adjusted, 0, 0.05);
}

TEST(ImportanceTest, SaysWhyThereIsNone) {
  EXPECT_NE(importances(Numbers{1, 2, 3}, {numeric_key({1, 1, 2})}).why_not.find("at least 4"), std::string::npos);
  EXPECT_NE(importances(Numbers{1, 1, 1, 1}, {numeric_key({1, 1, 2, 2})}).why_not.find("no variance"),
            std::string::npos);
  const Importances found = importances(Numbers{1, 2, 3, 5}, words(json{{0, 1, 2, 3}, {7, 7, 7, 7}}));
  EXPECT_EQ(found.keys[0].why_not, "each configuration has a value of its own");
  EXPECT_EQ(found.keys[1].why_not, "the complete configurations share one value of it");
  EXPECT_FALSE(found.keys[0].share || found.keys[1].share);
}

}  // namespace
}  // namespace mer::stats
