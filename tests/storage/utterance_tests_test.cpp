#include "storage/utterance_tests.hpp"

#include <functional>
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

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Which of a fold's 20 test utterances are classified right.
using Right = std::function<bool(int fold, int utterance)>;

// 44 of the 60 of three folds, in some dialogues more than in others; 22 of them not as each_second(), which has 8
// more.
bool most(int fold, int utterance) {
  return (3 * fold + 2 * utterance + utterance / 4) % 6 != 0;
}
bool each_second(int fold, int utterance) {
  return (fold + utterance) % 2 == 0;
}
bool all(int, int) {
  return true;
}

class UtteranceTestsTest : public testing::Test {
 protected:
  void submit(
      const Shape& shape, const std::function<void(Submission&)>& change = [](Submission&) {}) {
    given_ = submission_of(shape);
    change(given_);
    sweep_ = store_.submit(given_).value();
  }
  void finish_one(int configuration, int fold, std::uint64_t seed, const Right& right) {
    const TestPart& part = given_.test_parts[std::size_t(fold)];
    AttemptFinished finished = finished_of(5);
    for (Selected& selected : finished.result.selected) {
      selected.confusion = ConfusionMatrix(2);
      selected.probabilities.clear();
      for (int i = 0; i < int(part.truth.size()); ++i) {
        const int truth = part.truth[std::size_t(i)];
        const int said = right(fold, i) ? truth : 1 - truth;
        ++selected.confusion.at(truth, said);
        selected.probabilities.push_back(said == 0 ? 0.75F : 0.25F);
        selected.probabilities.push_back(said == 0 ? 0.25F : 0.75F);
      }
    }
    const TrialId trial = trial_of(configuration, fold, seed);
    const std::vector<StoreWrite> writes = {claim(trial, 1), recorded(trial, 1, epoch_of(1)),
                                            recorded(trial, 1, finished)};
    ASSERT_TRUE(store_.commit(writes).ok());
  }
  void finish(int configuration, const Right& right, std::uint64_t seed = 0) {
    for (int fold = 0; fold < int(given_.folds.size()); ++fold) finish_one(configuration, fold, seed, right);
  }
  UtteranceTests tested(const std::string& baseline = "1") {
    return utterance_tests(store_, sweep_, SelectionRule::last, Metric::wa, baseline).value();
  }
  std::string text(const std::string& baseline = "1", TableFormat format = TableFormat::text) {
    std::string out;
    for (const Table& table : utterance_summaries(store_, sweep_, SelectionRule::last, Metric::wa, baseline).value())
      out += format_table(table, format);
    return out;
  }
  std::vector<std::string> notes(const std::string& baseline = "1") {
    return utterance_summaries(store_, sweep_, SelectionRule::last, Metric::wa, baseline)->back().notes;
  }

  MemoryStore store_;
  Submission given_;
  SweepId sweep_;
};

TEST_F(UtteranceTestsTest, ScoresAreOfAllFoldsUtterancesTogether) {
  submit({.folds = 3});
  finish(0, most);
  finish(1, each_second);

  const UtteranceTests tests = tested("");

  EXPECT_EQ(tests.baseline, std::nullopt);
  ASSERT_THAT(tests.rows, SizeIs(2));
  EXPECT_EQ(tests.rows[0].utterances, 60U);
  EXPECT_EQ(tests.rows[0].dialogues, 12U);
  EXPECT_DOUBLE_EQ(tests.rows[0].scores[0].value, 44.0 / 60);
  EXPECT_DOUBLE_EQ(tests.rows[1].scores[0].value, 0.5);
  for (const UtteranceScore& score : tests.rows[0].scores) {
    EXPECT_LT(score.interval.low, score.value);
    EXPECT_GT(score.interval.high, score.value);
  }
  EXPECT_THAT(tests.rows[0].differences, IsEmpty());
  EXPECT_THAT(text(""), HasSubstr("60 test utterances of all folds together"));
  EXPECT_THAT(text(""), HasSubstr("73.3 ["));
}

TEST_F(UtteranceTestsTest, DifferencesFromTheBaselineAreOfTheSameUtterances) {
  submit({.configurations = 3, .folds = 3});
  finish(0, each_second);
  finish(1, most);
  finish(2, [](int fold, int i) { return each_second(fold, i) || i == 7; });

  const UtteranceTests tests = tested();

  ASSERT_THAT(tests.rows, SizeIs(3));
  EXPECT_THAT(tests.rows[0].differences, IsEmpty()) << "the baseline itself";
  const UtteranceRow& better = tests.rows[1];
  ASSERT_THAT(better.differences, SizeIs(3));
  EXPECT_NEAR(better.differences[0].value, 14.0 / 60, 1e-12);
  EXPECT_LT(better.differences[0].interval.low, 14.0 / 60);
  EXPECT_GT(better.differences[0].interval.high, 14.0 / 60);
  EXPECT_NEAR(*better.mcnemar.p, *stats::mcnemar(22, 8).p, 1e-12);
  EXPECT_EQ(tests.rows[2].mcnemar.n, 2) << "utterance 7 is wrong in the baseline in two of three folds";
}

TEST_F(UtteranceTestsTest, HolmCorrectsOverTheRowsEachTestForItself) {
  submit({.configurations = 3, .folds = 3});
  finish(0, each_second);
  finish(1, most);
  finish(2, all);

  const UtteranceTests tests = tested();

  for (std::size_t score = 0; score < kUtteranceMetrics.size(); ++score) {
    const std::vector<double> p = {tests.rows[1].differences[score].p, tests.rows[2].differences[score].p};
    EXPECT_THAT(stats::holm(p),
                ElementsAre(tests.rows[1].differences[score].p_holm, tests.rows[2].differences[score].p_holm));
  }
  EXPECT_THAT(stats::holm(std::vector{*tests.rows[1].mcnemar.p, *tests.rows[2].mcnemar.p}),
              ElementsAre(*tests.rows[1].mcnemar_holm, *tests.rows[2].mcnemar_holm));
}

TEST_F(UtteranceTestsTest, EqualPredictionsDifferByNothing) {
  submit({.folds = 3});
  finish(0, each_second);
  finish(1, each_second);

  const UtteranceRow row = tested().rows[1];

  for (const UtteranceDifference& difference : row.differences) {
    EXPECT_EQ(difference.value, 0);
    EXPECT_EQ(difference.interval, stats::Interval());
    EXPECT_EQ(difference.p, 1);
  }
  EXPECT_THAT(notes(), ElementsAre(HasSubstr("no McNemar test: both are right on the same utterances.")));
}

TEST_F(UtteranceTestsTest, SeedsAreAveragedInEachDrawAndMcnemarIsRefused) {
  submit({.folds = 2, .seeds = {4, 9}});
  for (const int configuration : {0, 1}) {
    finish(configuration, configuration == 0 ? each_second : all, 4);
    finish(configuration, each_second, 9);
  }

  const UtteranceRow row = tested().rows[1];

  EXPECT_DOUBLE_EQ(row.scores[0].value, 0.75);
  EXPECT_NEAR(row.differences[0].value, 0.25, 1e-12);
  EXPECT_GT(row.differences[0].interval.low, 0);
  EXPECT_FALSE(row.mcnemar.p);
  EXPECT_THAT(notes(), ElementsAre(HasSubstr("with several seeds McNemar's counts are not independent")));
}

TEST_F(UtteranceTestsTest, OneFoldIsEnough) {
  submit({.folds = 1});
  finish(0, each_second);
  finish(1, all);
  EXPECT_THAT(tested().rows[1].differences, SizeIs(3));
  EXPECT_THAT(text(), HasSubstr("+50.0 ["));
}

TEST_F(UtteranceTestsTest, OverlappingTestPartsAreRefused) {
  submit({.folds = 2},
         [](Submission& given) { given.test_parts[1].utterances[3] = given.test_parts[0].utterances[0]; });
  finish(0, each_second);
  finish(1, all);
  EXPECT_THAT(tested().rows[1].scores, IsEmpty());
  EXPECT_THAT(notes(), ElementsAre(HasSubstr("utterance fold0_utterance0 is tested twice"),
                                   HasSubstr("no interval: its test parts overlap")));
}

TEST_F(UtteranceTestsTest, AStoreWithoutDialoguesSaysHowToGetThem) {
  const Shape shape{.folds = 2};
  submit(shape, [](Submission& given) {
    for (TestPart& part : given.test_parts) part.dialogues.clear();
  });
  finish(0, each_second);
  finish(1, all);
  EXPECT_THAT(tested().rows[0].why, HasSubstr("an older version of mer submitted it"));

  ASSERT_EQ(store_.submit(submission_of(shape)).value(), sweep_);

  EXPECT_THAT(tested().rows[1].differences, SizeIs(3));
}

TEST_F(UtteranceTestsTest, OneDialogueIsNoSample) {
  submit({.folds = 1}, [](Submission& given) { given.test_parts[0].dialogues.assign(20, "the only one"); });
  finish(0, each_second);
  EXPECT_THAT(tested().rows[0].why, HasSubstr("one dialogue"));
}

TEST_F(UtteranceTestsTest, IncompleteConfigurationsAreRefused) {
  submit({.folds = 2});
  finish(0, each_second);
  finish_one(1, 0, 0, all);

  EXPECT_THAT(tested().rows[1].why, HasSubstr("some of its trials have no result"));
  EXPECT_THAT(tested("2").rows[0].why_no_test, HasSubstr("of the baseline: some of its trials"));
  EXPECT_THAT(notes("2"), ElementsAre(HasSubstr("no test: of the baseline"), HasSubstr("no interval: some of its")));
}

TEST_F(UtteranceTestsTest, WhatHasNoPredictionsUnderTheRuleSaysSo) {
  submit({.folds = 2});
  finish(0, each_second);
  const auto tests = utterance_tests(store_, sweep_, SelectionRule::best_validation, Metric::wa).value();
  EXPECT_THAT(tests.rows[0].why, HasSubstr("its fold has no validation part"));
}

// Configurations may have folds of their own.
TEST_F(UtteranceTestsTest, OtherUtterancesAreNotCompared) {
  submit({.folds = 2}, [](Submission& given) {
    std::erase_if(given.trials, [](const PlannedTrial& trial) { return trial.configuration != trial.fold; });
  });
  finish_one(0, 0, 0, all);
  finish_one(1, 1, 0, all);
  EXPECT_THAT(tested().rows[1].why_no_test, HasSubstr("other utterances than the baseline"));
}

TEST_F(UtteranceTestsTest, OtherSeedsAreNotPaired) {
  submit({.folds = 1, .seeds = {0, 1}}, [](Submission& given) {
    std::erase_if(given.trials, [](const PlannedTrial& t) { return t.configuration == 1 && t.spec.seed == 1; });
  });
  finish(0, all, 0);
  finish(0, all, 1);
  finish(1, all, 0);
  EXPECT_THAT(tested().rows[1].why_no_test, HasSubstr("other seeds"));
}

TEST_F(UtteranceTestsTest, OneConfigurationHasNothingToBeTestedAgainst) {
  submit({.configurations = 1, .folds = 2});
  finish(0, each_second);
  EXPECT_THAT(notes(), ElementsAre("One configuration: there is none to test."));
}

TEST_F(UtteranceTestsTest, AFileHasEachNumberInItsColumn) {
  submit({.folds = 2});
  finish(0, each_second);
  finish(1, all);

  const Table table = utterance_table(store_, sweep_, SelectionRule::last, Metric::wa, "1").value();

  EXPECT_THAT(table.rows, SizeIs(6));
  const std::string csv = format_table(table, TableFormat::csv);
  EXPECT_THAT(csv, HasSubstr("configuration,selection,metric,value,low,high,difference,difference_low"));
  EXPECT_THAT(csv, HasSubstr(",last,wa,0.5,"));
  EXPECT_THAT(csv, HasSubstr(",40,8,\r\n"));
  EXPECT_THAT(format_table(utterance_table(store_, sweep_, SelectionRule::best_validation, Metric::wa, "").value(),
                           TableFormat::csv),
              HasSubstr(",ua,,,,,,,,,,,0,0,\"trial "));
}

TEST_F(UtteranceTestsTest, EveryFormatShowsAnIntervalAndMarksWhatTheTestFinds) {
  submit({.folds = 3});
  finish(0, each_second);
  finish(1, all);
  EXPECT_THAT(text(), HasSubstr("+50.0 [+"));
  EXPECT_THAT(text(), testing::ContainsRegex("\\]\\*  0\\.00"));
  EXPECT_THAT(text("1", TableFormat::latex), HasSubstr("$+0.500\\ [+"));
  EXPECT_THAT(text("1", TableFormat::latex), HasSubstr("]^{*}$"));
  EXPECT_THAT(text("1", TableFormat::markdown), HasSubstr("]\\*"));
  EXPECT_THAT(text("1", TableFormat::json), HasSubstr("\"value\": 0.5"));
}

TEST_F(UtteranceTestsTest, DamageIsAnErrorAndNoReason) {
  submit({.folds = 2}, [](Submission& given) { given.test_parts[1].dialogues.pop_back(); });
  finish(0, all);
  for (const std::string baseline : {"", "1"}) {
    EXPECT_EQ(utterance_tests(store_, sweep_, SelectionRule::last, Metric::wa, baseline).error().code,
              ErrorCode::corrupt);
  }
}

TEST_F(UtteranceTestsTest, WhatIsNotThereIsNotFound) {
  submit({.folds = 2});
  EXPECT_EQ(utterance_summaries(store_, sweep_, SelectionRule::last, Metric::wa, "9").error().code,
            ErrorCode::not_found);
  EXPECT_EQ(utterance_table(store_, sweep_, SelectionRule::last, Metric::wa, "9").error().code, ErrorCode::not_found);
  EXPECT_EQ(utterance_tests(store_, sweep_, SelectionRule::last, Metric::wa, "9").error().code, ErrorCode::not_found);
  EXPECT_EQ(utterance_tests(store_, SweepId{9}, SelectionRule::last, Metric::wa).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace mer::storage::test
