#include "storage/audit.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "storage/memory_store.hpp"
#include "storage/pooled.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

using testing::HasSubstr;

// One configuration, two folds; the last epoch and the oracle differ, and the folds' sizes do.
class AuditTest : public testing::Test {
 protected:
  void SetUp() override {
    sweep_ = store_.submit(submission_of({.configurations = 1, .folds = 2})).value();
    finish(0, confusion(6, 4, 1, 9), confusion(8, 2, 1, 9));
  }
  // [[a, b], [c, d]]
  static ConfusionMatrix confusion(int a, int b, int c, int d) {
    ConfusionMatrix matrix(2);
    matrix.counts = {a, b, c, d};
    return matrix;
  }
  void finish(int fold, const ConfusionMatrix& last, const ConfusionMatrix& oracle) {
    AttemptFinished finished = finished_of(5);
    for (Selected& selected : finished.result.selected) {
      selected.confusion = selected.rule == SelectionRule::last ? last : oracle;
    }
    const TrialId trial = trial_of(0, fold);
    const std::vector<StoreWrite> writes = {claim(trial, 1), recorded(trial, 1, epoch_of(1)),
                                            recorded(trial, 1, finished)};
    ASSERT_TRUE(store_.commit(writes).ok());
  }
  AuditedRow row(SelectionRule rule) {
    const std::vector<AuditedRow> rows = audit(store_, sweep_, Metric::macro_f1)->front().rows;
    return *std::ranges::find(rows, rule, &AuditedRow::rule);
  }

  MemoryStore store_;
  SweepId sweep_;
};

TEST_F(AuditTest, MeanOfFoldsAndAllFoldsTogetherStandSideBySide) {
  finish(1, confusion(1, 1, 0, 38), confusion(2, 0, 0, 38));

  const AuditedRow last = row(SelectionRule::last);

  EXPECT_DOUBLE_EQ(*last.wa.mean, (15.0 / 20 + 39.0 / 40) / 2);
  EXPECT_DOUBLE_EQ(*last.wa.pooled, 54.0 / 60);
  EXPECT_DOUBLE_EQ(*last.ua.mean, ((0.6 + 0.9) / 2 + (0.5 + 1) / 2) / 2);
  EXPECT_DOUBLE_EQ(*last.ua.pooled, (7.0 / 12 + 47.0 / 48) / 2);
  EXPECT_EQ(last.complete, (Share{2, 2}));
}

TEST_F(AuditTest, EachRuleHasItsOwnScores) {
  finish(1, confusion(1, 1, 0, 38), confusion(2, 0, 0, 38));
  EXPECT_DOUBLE_EQ(*row(SelectionRule::best_test).wa.pooled, 57.0 / 60);
  EXPECT_GT(*row(SelectionRule::best_test).macro_f1.mean, *row(SelectionRule::last).macro_f1.mean);
}

TEST_F(AuditTest, AMissingFoldLeavesNoNumber) {
  const AuditedRow last = row(SelectionRule::last);
  EXPECT_EQ(last.wa.mean, std::nullopt);
  EXPECT_EQ(last.wa.pooled, std::nullopt);
  EXPECT_EQ(last.complete, (Share{1, 2}));
  EXPECT_THAT(audit_table(store_, sweep_, Metric::macro_f1)->notes, testing::IsEmpty());
}

TEST_F(AuditTest, TheNotesSayWhatEachChoiceAdds) {
  finish(1, confusion(1, 1, 0, 38), confusion(2, 0, 0, 38));

  const Table table = audit_table(store_, sweep_, Metric::macro_f1).value();

  ASSERT_EQ(table.notes.size(), 1U);
  EXPECT_THAT(table.notes[0], HasSubstr("macro-F1 of the oracle instead of the last epoch: +"));
  EXPECT_THAT(table.notes[0], testing::ContainsRegex("WA instead of UA: .11.[23] points.$"));
  const std::string text = format_table(table, TableFormat::text);
  EXPECT_THAT(text, HasSubstr("oracle"));
  EXPECT_THAT(text, HasSubstr("86.2    90.0  75.0    78.1"));
}

TEST_F(AuditTest, SeedsArePooledEachForItself) {
  const SweepId sweep =
      store_.submit(submission_of({.name = "seeds", .configurations = 1, .folds = 1, .seeds = {3, 4}})).value();
  for (const std::uint64_t seed : {3, 4}) {
    const TrialId trial = trial_of(0, 0, seed);
    const std::vector<StoreWrite> writes = {claim(trial, 1), recorded(trial, 1, epoch_of(1)),
                                            recorded(trial, 1, finished_of(int(seed) * 2))};
    ASSERT_TRUE(store_.commit(writes).ok());
  }
  const auto pooled = pooled_results(store_, store_.sweep(sweep).value(), SelectionRule::last, Metric::wa).value();
  ASSERT_EQ(pooled[0].by_seed.size(), 2U);
  EXPECT_DOUBLE_EQ(*pooled[0].score(Metric::wa), (0.6 + 0.8) / 2);
}

TEST_F(AuditTest, SomeConfigurationsAreAuditedAsAmongAll) {
  const SweepId sweep =
      store_.submit(submission_of({.name = "some", .configurations = 3, .folds = 1, .seeds = {0}})).value();
  for (int configuration = 0; configuration < 3; ++configuration) {
    const TrialId trial = trial_of(configuration, 0);
    const std::vector<StoreWrite> writes = {claim(trial, 1), recorded(trial, 1, epoch_of(1)),
                                            recorded(trial, 1, finished_of(configuration + 4))};
    ASSERT_TRUE(store_.commit(writes).ok());
  }
  const auto all = audit(store_, sweep, Metric::wa).value();
  const auto some = audit(store_, sweep, Metric::wa, {2}).value();
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some[0].configuration, 2U);
  ASSERT_EQ(some[0].rows.size(), all[2].rows.size());
  EXPECT_EQ(some[0].rows[0].wa.mean, all[2].rows[0].wa.mean);
  EXPECT_EQ(some[0].rows[0].wa.pooled, all[2].rows[0].wa.pooled);
  EXPECT_TRUE(some[0].rows[0].wa.pooled.has_value());
}

TEST_F(AuditTest, AnUnknownSweepIsNotFound) {
  EXPECT_EQ(audit(store_, SweepId{9}, Metric::wa).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace mer::storage::test
