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

double ua(const ConfusionMatrix& matrix) {
  return scores_of(matrix).ua;
}

// Two generators' percentiles of so many draws differ by their own sampling error alone.
TEST(BootstrapTest, IntervalsAgreeWithNumpysOfManyDraws) {
  const json& one = golden().at("bootstrap");
  const auto first = matrices(one.at("first")), second = matrices(one.at("second"));
  const BootstrapOptions options{.draws = 20000};

  const auto interval = bootstrap_interval(first, ua, options);
  const auto f1 = bootstrap_interval(
      first, [](const auto& matrix) { return scores_of(matrix).macro_f1; }, options);
  const auto paired = paired_bootstrap(first, second, ua, options);

  constexpr double kSampling = 0.002;
  ASSERT_TRUE(interval && f1 && paired);
  EXPECT_NEAR(interval->low, one.at("ua")[0], kSampling);
  EXPECT_NEAR(interval->high, one.at("ua")[1], kSampling);
  EXPECT_NEAR(f1->low, one.at("macro_f1")[0], kSampling);
  EXPECT_NEAR(f1->high, one.at("macro_f1")[1], kSampling);
  EXPECT_NEAR(paired->difference, one.at("ua_difference"), kNear);
  EXPECT_NEAR(paired->interval.low, one.at("ua_difference_interval")[0], kSampling);
  EXPECT_NEAR(paired->interval.high, one.at("ua_difference_interval")[1], kSampling);
}

TEST(BootstrapTest, ASeedGivesTheSameIntervalAndAnotherAnother) {
  const auto first = matrices(golden().at("bootstrap").at("first"));
  EXPECT_EQ(*bootstrap_interval(first, ua, {.draws = 200, .seed = 1}),
            *bootstrap_interval(first, ua, {.draws = 200, .seed = 1}));
  EXPECT_NE(*bootstrap_interval(first, ua, {.draws = 200, .seed = 1}),
            *bootstrap_interval(first, ua, {.draws = 200, .seed = 2}));
}

TEST(BootstrapTest, EqualSystemsDifferByNothingAndOneDialogueHasNoInterval) {
  const auto first = matrices(golden().at("bootstrap").at("first"));
  const auto same = paired_bootstrap(first, first, ua, {.draws = 100});
  EXPECT_DOUBLE_EQ(same->p, 1);
  EXPECT_EQ(same->interval, (Interval{0, 0}));
  EXPECT_FALSE(bootstrap_interval(std::span(first).first(1), ua));
  EXPECT_FALSE(paired_bootstrap(std::span(first).first(1), std::span(first).first(1), ua));
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
