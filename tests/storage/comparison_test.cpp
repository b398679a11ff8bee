#include "storage/comparison.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <vector>

#include "storage/configurations.hpp"
#include "storage/memory_store.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

using testing::HasSubstr;

// Two configurations; scores are set in tenths.
class ComparisonTest : public testing::Test {
 protected:
  void submit(int folds, int seeds = 1) {
    Shape shape;
    shape.folds = folds;
    shape.seeds.resize(std::size_t(seeds));
    std::iota(shape.seeds.begin(), shape.seeds.end(), std::uint64_t{0});
    sweep_ = store_.submit(submission_of(shape)).value();
  }
  void finish(int configuration, int fold, int right, std::uint64_t seed = 0) {
    const TrialId trial = trial_of(configuration, fold, seed);
    const std::vector<StoreWrite> writes = {claim(trial, 1), recorded(trial, 1, epoch_of(1)),
                                            recorded(trial, 1, finished_of(right))};
    ASSERT_TRUE(store_.commit(writes).ok());
  }
  void finish_all(const std::vector<int>& baseline, const std::vector<int>& other) {
    submit(int(baseline.size()));
    for (int fold = 0; fold < int(baseline.size()); ++fold) {
      finish(0, fold, baseline[std::size_t(fold)]);
      finish(1, fold, other[std::size_t(fold)]);
    }
  }
  Comparison compared(const std::string& baseline = "1") {
    return compare(store_, store_.sweep(sweep_).value(), SelectionRule::last, Metric::wa, baseline).value();
  }
  std::string text(const std::string& baseline = "1") {
    return format_table(comparison_summary(store_, sweep_, SelectionRule::last, Metric::wa, baseline).value(),
                        TableFormat::text);
  }

  MemoryStore store_;
  SweepId sweep_;
};

TEST_F(ComparisonTest, DifferencesAreFoldByFoldAndTheTestsTheirs) {
  finish_all({5, 5, 6, 6, 7, 4}, {6, 7, 9, 10, 12 - 3, 5});

  const Comparison comparison = compared();

  ASSERT_EQ(comparison.rows.size(), 1U);
  const ComparedConfiguration& row = comparison.rows.front();
  EXPECT_EQ(row.configuration, 1U);
  ASSERT_EQ(row.differences.size(), 6U);
  EXPECT_NEAR(row.differences[3], 0.4, 1e-12);
  EXPECT_NEAR(*row.wilcoxon.p, 0.03125, 1e-12) << "all six are positive: 2 / 2^6";
  EXPECT_DOUBLE_EQ(*row.wilcoxon_holm, *row.wilcoxon.p) << "one row: nothing to correct";
  EXPECT_NEAR(*row.corrected_t.p, *stats::corrected_resampled_t(row.differences, comparison.test_share).p, 1e-15);
  EXPECT_GT(comparison.test_share, 0);
  EXPECT_THAT(text(), HasSubstr("0.0312*"));
}

TEST_F(ComparisonTest, AFileHasEachNumberInItsColumn) {
  finish_all({5, 5, 6}, {6, 7, 8});

  const std::string csv =
      format_table(comparison_table(store_, sweep_, SelectionRule::last, Metric::wa, "1").value(), TableFormat::csv);

  EXPECT_THAT(csv, HasSubstr("configuration,difference,sd,n,wilcoxon_w,wilcoxon_p,wilcoxon_p_holm"));
  EXPECT_THAT(csv, HasSubstr(",3,6,0.25,0.25,0.25,")) << csv;
}

TEST_F(ComparisonTest, TheCaptionNamesTheRuleThatChoseTheEpoch) {
  finish_all({5, 5, 6, 6, 7, 4}, {6, 7, 9, 10, 9, 5});
  const auto caption = [&](SelectionRule rule) {
    return comparison_summary(store_, sweep_, rule, Metric::wa, "1").value().caption;
  };

  EXPECT_THAT(caption(SelectionRule::last), HasSubstr("Epoch: the last."));
  EXPECT_THAT(caption(SelectionRule::best_test), HasSubstr("an oracle, not a result. Folds: speaker; "));
}

TEST_F(ComparisonTest, FewFoldsSayThatTheyCannotReachTheLevel) {
  finish_all({5, 5, 5}, {6, 7, 8});
  EXPECT_THAT(text(), HasSubstr("cannot reach 0.05: its smallest p is 0.2500"));
}

TEST_F(ComparisonTest, OneFoldHasNoTest) {
  submit(1, 3);
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    finish(0, 0, 5, seed);
    finish(1, 0, 6 + int(seed), seed);
  }
  const Comparison comparison = compared();
  EXPECT_TRUE(comparison.rows.front().differences.empty());
  EXPECT_THAT(text(), HasSubstr("no test: one fold"));
}

TEST_F(ComparisonTest, AnIncompleteConfigurationHasNoTest) {
  submit(2);
  finish(0, 0, 5);
  finish(0, 1, 6);
  finish(1, 0, 7);
  EXPECT_THAT(compared().rows.front().why, HasSubstr("some of its trials have no result"));
  EXPECT_THAT(compared("2").rows.front().why, HasSubstr("some of the baseline's trials"));
}

TEST_F(ComparisonTest, EqualScoresAreNoDifferenceAndNoTest) {
  finish_all({5, 6, 7}, {5, 6, 7});
  EXPECT_THAT(text(), HasSubstr("no test: all differences are 0"));
}

TEST_F(ComparisonTest, ABaselineIsNamedByLabelNumberOrId) {
  submit(2);
  const SweepDetail detail = store_.sweep(sweep_).value();
  const std::vector<std::string> labels = configuration_labels(detail);
  EXPECT_EQ(find_configuration(detail, labels[1]).value(), 1U);
  EXPECT_EQ(find_configuration(detail, "2").value(), 1U);
  EXPECT_EQ(find_configuration(detail, detail.configurations[1].id.hex).value(), 1U);
  const auto unknown = find_configuration(detail, labels[0] + "1");
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, HasSubstr("did you mean \"" + labels[0]));
  EXPECT_FALSE(find_configuration(detail, "0").ok());
  EXPECT_FALSE(find_configuration(detail, "3").ok());
}

}  // namespace
}  // namespace mer::storage::test
