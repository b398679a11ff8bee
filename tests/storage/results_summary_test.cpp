#include "storage/results_summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "core/stats/summary.hpp"
#include "storage/memory_store.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

// Two configurations over six folds; scores are set in tenths.
class ResultsSummaryTest : public testing::Test {
 protected:
  void submit(std::vector<Published> published = {}) {
    Submission submission = submission_of({.folds = 6});
    submission.sweep.published = std::move(published);
    sweep_ = store_.submit(submission).value();
  }
  void finish(int configuration, const std::vector<int>& right) {
    for (int fold = 0; fold < int(right.size()); ++fold) {
      const TrialId trial = trial_of(configuration, fold);
      const std::vector<StoreWrite> writes = {claim(trial, 1), recorded(trial, 1, epoch_of(1)),
                                              recorded(trial, 1, finished_of(right[std::size_t(fold)]))};
      ASSERT_TRUE(store_.commit(writes).ok());
    }
  }
  Table summary(const std::string& baseline = "") {
    return results_summary(store_, sweep_, SelectionRule::last, Metric::ua, baseline).value();
  }
  static const Spread& spread(const Table& table, std::size_t row, std::size_t column) {
    return std::get<Spread>(table.rows[row][column]);
  }

  MemoryStore store_;
  SweepId sweep_;
};

TEST_F(ResultsSummaryTest, TheBestOfEachColumnIsBold) {
  submit();
  finish(0, {5, 5, 5, 5, 5, 6});
  finish(1, {7, 7, 7, 7, 7, 8});

  const Table table = summary();

  EXPECT_FALSE(spread(table, 0, 1).best);
  EXPECT_TRUE(spread(table, 1, 1).best);
  EXPECT_THAT(format_table(table, TableFormat::latex), HasSubstr("$\\mathbf{0.717 \\pm 0.041}$"));
  EXPECT_THAT(format_table(table, TableFormat::latex), HasSubstr("& $0.517 \\pm 0.041$ &"));
  EXPECT_THAT(format_table(table, TableFormat::markdown), HasSubstr("| **0.717 ± 0.041** |"));
  EXPECT_THAT(format_table(table, TableFormat::text, {.colour = true}), HasSubstr("\x1b[1m71.7 ± 4.1\x1b[0m"));
  EXPECT_THAT(format_table(table, TableFormat::text), Not(HasSubstr("\x1b")));
}

TEST_F(ResultsSummaryTest, EqualOnesAreAllTheBestAndALoneOneIsNot) {
  submit();
  finish(0, {5, 5, 5, 5, 5, 6});
  EXPECT_FALSE(spread(summary(), 0, 1).best) << "there is nothing to choose from";
  finish(1, {5, 5, 5, 5, 5, 6});
  EXPECT_TRUE(spread(summary(), 0, 1).best);
  EXPECT_TRUE(spread(summary(), 1, 1).best);
}

TEST_F(ResultsSummaryTest, AnIncompleteGroupIsRedAndHasNoMean) {
  submit();
  finish(0, {5, 5, 5, 5, 5, 6});
  finish(1, {9, 9, 9, 9, 9});

  const Table table = summary();

  EXPECT_EQ(table.rows[1][1], Cell());
  EXPECT_EQ(table.rows[1].back(), Cell(Share{5, 6}));
  EXPECT_THAT(format_table(table, TableFormat::text, {.colour = true}), HasSubstr("\x1b[31m5/6\x1b[0m"));
  EXPECT_THAT(format_table(table, TableFormat::markdown), HasSubstr("| **5/6** |"));
  const std::string latex = format_table(table, TableFormat::latex);
  EXPECT_THAT(latex, HasSubstr("\\textcolor{red}{5/6}"));
  EXPECT_THAT(latex, testing::StartsWith("% needs \\usepackage{booktabs,xcolor}\n"));
  finish(1, {9, 9, 9, 9, 9, 9});
  EXPECT_THAT(format_table(summary(), TableFormat::latex), testing::StartsWith("% needs \\usepackage{booktabs}\n"));
}

TEST_F(ResultsSummaryTest, PublishedNumbersOfOneLabelStandInOneRow) {
  submit({{"Du et al., all", Metric::ua, 0.8592},
          {"Du et al., none", Metric::ua, 0.8085},
          {"Du et al., all", Metric::macro_f1, 0.8448}});

  const Table table = summary();

  ASSERT_THAT(table.published, SizeIs(2));
  EXPECT_EQ(table.published[0],
            (std::vector<Cell>{std::string("Du et al., all"), Cell(), Spread{0.8592}, Spread{0.8448}, Cell(), Cell()}));
  EXPECT_EQ(table.published[1][2], Cell(Spread{0.8085}));
}

TEST_F(ResultsSummaryTest, PublishedNumbersStandBesideTheConfigurationOfTheirLabel) {
  submit({{"alpha=0.0", Metric::ua, 0.6, "Du et al. 2024, Table 6"}, {"alpha=0.1", Metric::ua, 0.5, "A. Author 2020"}});
  finish(0, {5, 5, 5, 5, 5, 5});

  const Table table = summary();

  const Spread& published = std::get<Spread>(table.published[0][2]);
  EXPECT_NEAR(*published.difference, -0.1, 1e-12);
  EXPECT_EQ(std::get<Spread>(table.published[1][2]).difference, std::nullopt) << "its configuration has no mean";
  EXPECT_EQ(table.published[0][0], Cell(std::string("alpha=0.0 [1]")));
  EXPECT_THAT(table.notes,
              testing::IsSupersetOf({std::string("In brackets: ours less the published number."),
                                     std::string("[1] Du et al. 2024, Table 6."), std::string("[2] A. Author 2020.")}));
  EXPECT_THAT(format_table(table, TableFormat::text), HasSubstr("60.0 (-10.0)"));
  EXPECT_THAT(format_table(table, TableFormat::markdown), HasSubstr("*0.600 (-0.100)*"));
  EXPECT_THAT(format_table(table, TableFormat::latex), HasSubstr("$0.600\\ (-0.100)$"));
  EXPECT_THAT(format_table(table, TableFormat::json), HasSubstr("\"difference\": -0."));
}

TEST_F(ResultsSummaryTest, ASourceHasOneNumberAndALabelOfTwoSourcesTwoRows) {
  submit({{"theirs", Metric::ua, 0.6, "Du et al. 2024"},
          {"theirs", Metric::wa, 0.5, "Du et al. 2024"},
          {"theirs", Metric::ua, 0.7, "A. Author 2020"},
          {"others", Metric::ua, 0.4}});
  const Table table = summary();
  ASSERT_THAT(table.published, SizeIs(3));
  EXPECT_EQ(table.published[0][1], Cell(Spread{0.5}));
  EXPECT_EQ(table.published[1][0], Cell(std::string("theirs [2]")));
  EXPECT_EQ(table.published[2][0], Cell(std::string("others")));
  EXPECT_THAT(table.notes, Not(testing::Contains(HasSubstr("In brackets")))) << "no configuration has the label";
}

TEST_F(ResultsSummaryTest, IntervalsStandInPlaceOfTheSd) {
  submit();
  finish(0, {5, 5, 5, 5, 5, 6});

  const Table table = results_summary(store_, sweep_, SelectionRule::last, Metric::ua, "", Beside::interval).value();

  const std::vector<double> folds = {0.5, 0.5, 0.5, 0.5, 0.5, 0.6};
  const stats::Interval interval = *stats::student_interval(folds);
  EXPECT_NEAR(*spread(table, 0, 2).half_width, (interval.high - interval.low) / 2, 1e-12);
  EXPECT_EQ(table.rows[1][2], Cell()) << "it has no mean";
  EXPECT_THAT(table.caption, HasSubstr("half of its 95 % interval (Student's t"));
  EXPECT_THAT(format_table(table, TableFormat::text), HasSubstr("51.7 ± 4.3"));
  EXPECT_THAT(format_table(table, TableFormat::latex), HasSubstr("$0.517 \\pm 0.043$"));
  EXPECT_THAT(format_table(table, TableFormat::json), HasSubstr("\"half_width\": 0.04"));
}

TEST_F(ResultsSummaryTest, AMeanOfOneHasNoInterval) {
  Submission submission = submission_of({.name = "one", .configurations = 1, .folds = 1});
  sweep_ = store_.submit(submission).value();
  finish(0, {5});
  const Table table = results_summary(store_, sweep_, SelectionRule::last, Metric::ua, "", Beside::interval).value();
  EXPECT_EQ(spread(table, 0, 2).half_width, std::nullopt);
}

TEST_F(ResultsSummaryTest, WithABaselineWhatDiffersIsMarked) {
  submit();
  finish(0, {5, 5, 5, 5, 5, 6});
  finish(1, {8, 8, 9, 8, 8, 9});

  const Table table = summary("1");

  EXPECT_TRUE(spread(table, 1, 2).marked) << "of the metric that is compared";
  EXPECT_FALSE(spread(table, 1, 1).marked);
  EXPECT_FALSE(spread(table, 0, 2).marked);
  EXPECT_THAT(format_table(table, TableFormat::text), HasSubstr("83.3 ± 5.2*"));
  EXPECT_THAT(format_table(table, TableFormat::latex), HasSubstr("$\\mathbf{0.833 \\pm 0.052^{*}}$"));
  EXPECT_THAT(format_table(table, TableFormat::markdown), HasSubstr("**0.833 ± 0.052\\***"));
  EXPECT_THAT(table.notes, testing::Contains(HasSubstr("* ua differs from that of alpha=0.0: corrected resampled t")));
}

TEST_F(ResultsSummaryTest, ASmallDifferenceIsNotMarked) {
  submit();
  finish(0, {5, 6, 5, 6, 5, 6});
  finish(1, {6, 5, 6, 6, 5, 6});
  EXPECT_FALSE(spread(summary("1"), 1, 2).marked);
  EXPECT_THAT(summary("1").notes, testing::IsEmpty());
}

TEST_F(ResultsSummaryTest, AnUnknownBaselineIsNotFound) {
  submit();
  EXPECT_EQ(results_summary(store_, sweep_, SelectionRule::last, Metric::ua, "nothing").error().code,
            ErrorCode::not_found);
}

}  // namespace
}  // namespace mer::storage::test
