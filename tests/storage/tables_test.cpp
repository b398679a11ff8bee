#include "storage/tables.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <sstream>

#include "core/json.hpp"
#include "storage/memory_store.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class TablesTest : public testing::Test {
 protected:
  // Two configurations, two folds; the second configuration lacks a fold.
  void SetUp() override {
    sweep_ = store_.submit(submission_of({.folds = 2})).value();
    finish(trial_of(0, 0), 7);
    finish(trial_of(0, 1), 8);
    finish(trial_of(1, 0), 9);
  }
  void finish(const TrialId& trial, int right) {
    const std::vector<StoreWrite> writes = {claim(trial, 1), recorded(trial, 1, epoch_of(1)),
                                            recorded(trial, 1, finished_of(right))};
    ASSERT_TRUE(store_.commit(writes).ok());
  }
  std::string results(TableFormat format, SelectionRule rule = SelectionRule::last) {
    return format_table(results_table(store_, sweep_, rule, Metric::macro_f1).value(), format);
  }

  MemoryStore store_;
  SweepId sweep_;
};

TEST_F(TablesTest, ResultsCsvHasTheAgreedColumns) {
  const std::string csv = results(TableFormat::csv);

  EXPECT_THAT(csv, testing::StartsWith("configuration,model.alpha,selection,metric,mean,sd,n,expected_n\r\n" +
                                       hex_of('c', 0) + ",0,last,wa,0.75,0.07071067811865482,2,2\r\n"));
  EXPECT_THAT(csv, HasSubstr(hex_of('c', 1) + ",0.1,last,wa,,,1,2\r\n"));
  EXPECT_THAT(csv, HasSubstr("\"Du et al., Table 5\",,published,macro_f1,0.8526,,,\r\n"));
}

TEST_F(TablesTest, TheOracleIsMarkedWhereverItsNumbersStand) {
  EXPECT_THAT(results(TableFormat::csv, SelectionRule::best_test),
              HasSubstr(",best-test by macro_f1 (oracle),wa,0.75"));
  const Table table = results_summary(store_, sweep_, SelectionRule::best_test, Metric::macro_f1).value();
  EXPECT_THAT(table.caption, HasSubstr("an oracle, not a result"));
  for (const TableFormat format : {TableFormat::text, TableFormat::markdown, TableFormat::latex}) {
    EXPECT_THAT(format_table(table, format), HasSubstr("alpha=0.0 (oracle)"));
    EXPECT_THAT(format_table(table, format), HasSubstr("alpha=0.1 (oracle)"));
  }
}

TEST_F(TablesTest, TheCaptionSaysHowTheNumbersCameAbout) {
  const Table table = results_summary(store_, sweep_, SelectionRule::last, Metric::macro_f1).value();

  EXPECT_EQ(
      table.caption,
      "study. Epoch: the last. Folds: speaker; validation: partner (shares dialogues with the test part). Mean and "
      "sd (divisor n-1) over folds of the mean over 1 seed; of a configuration with one fold, over seeds.");
}

TEST_F(TablesTest, TheScreenShowsPercentWithin80Columns) {
  const Table table = results_summary(store_, sweep_, SelectionRule::last, Metric::macro_f1).value();

  const std::string text = format_table(table, TableFormat::text);

  EXPECT_THAT(text, HasSubstr("alpha=0.0"));
  EXPECT_THAT(text, HasSubstr("75.0 ± 7.1"));
  EXPECT_THAT(text, HasSubstr("1/2"));
  EXPECT_THAT(text, HasSubstr("published\nDu et al., Table 5"));
  EXPECT_THAT(text, HasSubstr("85.3"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto width = std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
    EXPECT_LE(width, 80) << line;
  }
}

TEST_F(TablesTest, AnIncompleteGroupSaysWhatIsMissingAndWhy) {
  Recorded failure = recorded(trial_of(1, 1), 1, AttemptFailed{{Failure::Kind::signal, 9, "trainer was killed", ""}});
  failure.after_failure = TrialState::failed;
  const std::vector<StoreWrite> writes = {claim(trial_of(1, 1), 1), failure};
  ASSERT_TRUE(store_.commit(writes).ok());

  const Table table = results_summary(store_, sweep_, SelectionRule::last, Metric::macro_f1).value();

  ASSERT_THAT(table.notes, SizeIs(1));
  EXPECT_EQ(table.notes[0],
            "alpha=0.1: 1 of 2 trials missing: fold speaker-1, seed 0 (a0000001) failed: trainer was killed.");
  for (const TableFormat format : {TableFormat::text, TableFormat::markdown, TableFormat::latex, TableFormat::json}) {
    EXPECT_THAT(format_table(table, format), HasSubstr("trainer was"));
  }
  EXPECT_THAT(format_table(table, TableFormat::csv), Not(HasSubstr("trainer was")));
}

TEST_F(TablesTest, TrialsThatWaitAreMissingToo) {
  ASSERT_TRUE(store_.control({.verb = ControlVerb::pause, .sweep = sweep_}).ok());
  const Table table = results_summary(store_, sweep_, SelectionRule::last, Metric::macro_f1).value();
  EXPECT_THAT(table.notes, ElementsAre(HasSubstr("fold speaker-1, seed 0 (a0000001) paused.")));
}

TEST_F(TablesTest, ALongLabelIsWrapped) {
  Table table;
  table.columns = {"configuration", "WA"};
  table.rows = {{std::string("hidden=100 heads=4 dropout=0.2 recurrent=bigru"), Fraction{0.5}}};

  EXPECT_EQ(format_table(table, TableFormat::text, 30),
            "configuration               WA\n"
            "------------------------------\n"
            "hidden=100 heads=4        50.0\n"
            "  dropout=0.2\n"
            "  recurrent=bigru\n");
}

TEST_F(TablesTest, MarkdownHoldsFractions) {
  const Table table = results_summary(store_, sweep_, SelectionRule::last, Metric::macro_f1).value();

  const std::string markdown = format_table(table, TableFormat::markdown);

  EXPECT_THAT(markdown,
              HasSubstr("| configuration | WA | UA | macro-F1 | weighted F1 | n |\n|---|---:|---:|---:|---:|---|\n"));
  EXPECT_THAT(markdown, HasSubstr("| alpha=0.0 | 0.750 ± 0.071 |"));
  EXPECT_THAT(markdown, HasSubstr("| *Du et al., Table 5* |  |  | *0.853* |  |  |"));
}

TEST_F(TablesTest, LatexIsBooktabsWithSpecialCharactersEscaped) {
  Table table = results_summary(store_, sweep_, SelectionRule::last, Metric::macro_f1).value();
  table.rows[0][0] = std::string("a_b & 50% \\x");

  const std::string latex = format_table(table, TableFormat::latex);

  EXPECT_THAT(latex, HasSubstr("\\begin{tabular}{lrrrrl}\n\\toprule\n"));
  EXPECT_THAT(latex, HasSubstr("a\\_b \\& 50\\% \\textbackslash{}x & $0.750 \\pm 0.071$"));
  EXPECT_THAT(latex, HasSubstr("\\midrule\nDu et al., Table 5"));
  EXPECT_THAT(latex, HasSubstr("\\bottomrule\n\\end{tabular}"));
}

TEST_F(TablesTest, JsonHasAVersionAndNoNaN) {
  Table table;
  table.columns = {"a", "b", "c", "d"};
  table.rows = {{std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity(), Cell(),
                 Spread{0.5, std::nullopt}}};

  const auto json = nlohmann::json::parse(format_table(table, TableFormat::json));

  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["rows"],
            nlohmann::json::parse(R"([{"a":"NaN","b":"-Infinity","c":null,"d":{"mean":0.5,"sd":null}}])"));
  EXPECT_EQ(json["published"], nlohmann::json::array());
}

TEST_F(TablesTest, CsvQuotesAndDisarmsFormulas) {
  Table table;
  table.columns = {"x"};
  table.rows = {{std::string("=1+1")},      {std::string("@x")},     {std::string("-1.5e3")},
                {std::string("-x")},        {std::string("a\"b,c")}, {-2.5},
                {std::string("two\nlines")}};

  EXPECT_EQ(format_table(table, TableFormat::csv),
            "x\r\n'=1+1\r\n'@x\r\n-1.5e3\r\n'-x\r\n\"a\"\"b,c\"\r\n-2.5\r\n\"two\nlines\"\r\n");
}

TEST_F(TablesTest, TrialsTableHasOneRowForEachTrialAndTheRulesScores) {
  const Table own = trials_table(store_, sweep_, SelectionRule::last, Metric::macro_f1).value();
  const Table other = trials_table(store_, sweep_, SelectionRule::best_test, Metric::wa).value();

  ASSERT_THAT(own.rows, SizeIs(4));
  const auto wa = std::find(own.columns.begin(), own.columns.end(), "wa") - own.columns.begin();
  const auto column = static_cast<std::size_t>(wa);
  EXPECT_EQ(own.rows[0][column], Cell(Fraction{0.7}));
  EXPECT_EQ(other.rows[0][column], Cell(Fraction{0.7}));
  EXPECT_EQ(own.rows[3][column], Cell());
  EXPECT_THAT(
      format_table(own, TableFormat::csv),
      testing::StartsWith("trial,configuration,fold,seed,model.alpha,state,attempt,crashes,epoch,epochs,selection,"
                          "wa,ua,macro_f1,weighted_f1,message\r\n"));
}

TEST_F(TablesTest, MetricsTableHasOneRowForEachEpochAndSplit) {
  const Table table = metrics_table(store_, sweep_).value();

  EXPECT_THAT(table.rows, SizeIs(6));
  const std::string csv = format_table(table, TableFormat::csv);
  EXPECT_THAT(csv, HasSubstr(",train,1,20,0.7,0.7,0.7,0.7,1.5,1.25,0.5,\"[0.3,0.2]\",0.75,0.1,1e-300,0.4,,2.5,1e-04,"
                             "\"[[7,3],[3,7]]\",0.7,0.7,0.7,0.7,0.7,0.7\r\n"));
}

TEST_F(TablesTest, MetricsTableHasScoresOfEachClassAndNoneThatAreUndefined) {
  EpochDone epoch = epoch_of(1);
  EpochRow& test = epoch.rows.back();
  test.confusion = ConfusionMatrix(2);  // nothing is happy, 4 of 10 are taken for it
  test.confusion.at(0, 0) = 6;
  test.confusion.at(0, 1) = 4;
  const std::vector<StoreWrite> writes = {claim(trial_of(1, 1), 1), recorded(trial_of(1, 1), 1, epoch)};
  ASSERT_TRUE(store_.commit(writes).ok());

  const std::string csv = format_table(metrics_table(store_, sweep_).value(), TableFormat::csv);

  EXPECT_THAT(csv, HasSubstr(",confusion,precision.angry,recall.angry,f1.angry,precision.happy,recall.happy,"
                             "f1.happy\r\n"));
  EXPECT_THAT(csv, testing::EndsWith(",\"[[6,4],[0,0]]\",1,0.6,0.75,0,,0\r\n"));
}

TEST_F(TablesTest, PredictionsTableNamesLabels) {
  const Table table = predictions_table(store_, sweep_, SelectionRule::last, Metric::macro_f1).value();

  EXPECT_THAT(table.rows, SizeIs(60));
  EXPECT_THAT(table.columns, ElementsAre("trial", "configuration", "fold", "seed", "selection", "utterance", "truth",
                                         "predicted", "p_angry", "p_happy"));
  EXPECT_THAT(format_table(table, TableFormat::csv),
              HasSubstr(",speaker-0,0,last,fold0_utterance0,angry,angry,0.75,0.25\r\n"));
}

TEST_F(TablesTest, ATableOfAnUnknownSweepIsNotFound) {
  EXPECT_EQ(results_table(store_, SweepId{9}, SelectionRule::last, Metric::wa).error().code, ErrorCode::not_found);
  EXPECT_EQ(metrics_table(store_, SweepId{9}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace mer::storage::test
