#include "storage/tables.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <sstream>

#include "core/json.hpp"
#include "storage/memory_store.hpp"
#include "storage/results_summary.hpp"
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

  EXPECT_THAT(
      csv, testing::StartsWith("configuration,model.alpha,selection,metric,mean,sd,n,expected_n,difference,source\r\n" +
                               hex_of('c', 0) + ",0,last,wa,0.75,0.07071067811865482,2,2,,\r\n"));
  EXPECT_THAT(csv, HasSubstr(hex_of('c', 1) + ",0.1,last,wa,,,1,2,,\r\n"));
  EXPECT_THAT(csv, HasSubstr("\"Du et al., Table 5\",,published,macro_f1,0.8526,,,,,\r\n"));
}

TEST_F(TablesTest, IntervalsHaveColumnsOfTheirOwn) {
  const Table table = results_table(store_, sweep_, SelectionRule::last, Metric::wa, Beside::interval).value();
  const std::string csv = format_table(table, TableFormat::csv);
  EXPECT_THAT(csv, HasSubstr(",n,expected_n,low,high,difference,source\r\n"));
  EXPECT_THAT(csv, HasSubstr(",last,wa,0.75,0.07071067811865482,2,2,0.114"));
  EXPECT_THAT(csv, HasSubstr(hex_of('c', 1) + ",0.1,last,wa,,,1,2,,,,\r\n")) << "without a mean there is none";
  EXPECT_THAT(csv, HasSubstr("\"Du et al., Table 5\",,published,macro_f1,0.8526,,,,,,,\r\n"));
}

TEST_F(TablesTest, PublishedNumbersHaveTheirSourceAndTheDifferenceFromThem) {
  Submission submission = submission_of({.name = "beside", .configurations = 2, .folds = 1});
  submission.sweep.published = {{"alpha=0.1", Metric::wa, 0.5, "Du et al. 2024"}};
  MemoryStore store;
  const SweepId sweep = store.submit(submission).value();
  const std::vector<StoreWrite> writes = {claim(trial_of(1, 0), 1), recorded(trial_of(1, 0), 1, finished_of(8))};
  ASSERT_TRUE(store.commit(writes).ok());
  const Table table = results_table(store, sweep, SelectionRule::last, Metric::wa).value();
  EXPECT_THAT(format_table(table, TableFormat::csv),
              HasSubstr("alpha=0.1,,published,wa,0.5,,,,0.30000000000000004,Du et al. 2024\r\n"));
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

  EXPECT_EQ(format_table(table, TableFormat::text, {.columns = 30}),
            "configuration               WA\n"
            "------------------------------\n"
            "hidden=100 heads=4        50.0\n"
            "  dropout=0.2\n"
            "  recurrent=bigru\n");
}

TEST_F(TablesTest, ALongWordIsBrokenWhereItMayBe) {
  Table table;
  table.columns = {"configuration", "WA"};
  table.rows = {{std::string("modalities=[\"audio\",\"text\"]"), Fraction{0.5}}};

  EXPECT_EQ(format_table(table, TableFormat::text, {.columns = 26}),
            "configuration           WA\n"
            "--------------------------\n"
            "modalities=[\"audio\",  50.0\n"
            "  \"text\"]\n");
}

TEST_F(TablesTest, MarkdownHoldsFractions) {
  const Table table = results_summary(store_, sweep_, SelectionRule::last, Metric::macro_f1).value();

  const std::string markdown = format_table(table, TableFormat::markdown);

  EXPECT_THAT(markdown,
              HasSubstr("| configuration | WA | UA | macro-F1 | weighted F1 | n |\n|---|---:|---:|---:|---:|---:|\n"));
  EXPECT_THAT(markdown, HasSubstr("| alpha=0.0 | 0.750 ± 0.071 |"));
  EXPECT_THAT(markdown, HasSubstr("| *Du et al., Table 5* |  |  | *0.853* |  |  |"));
}

TEST_F(TablesTest, LatexIsBooktabsWithSpecialCharactersEscaped) {
  Table table = results_summary(store_, sweep_, SelectionRule::last, Metric::macro_f1).value();
  table.rows[0][0] = std::string("a_b & 50% \\x");

  const std::string latex = format_table(table, TableFormat::latex);

  EXPECT_THAT(latex, HasSubstr("\\begin{tabular}{lrrrrr}\n\\toprule\n"));
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

TEST_F(TablesTest, ATableOfNothingIsWrittenInEveryFormat) {
  EXPECT_EQ(format_table({}, TableFormat::text), "\n");
  EXPECT_EQ(format_table({}, TableFormat::csv), "\r\n");
  EXPECT_EQ(format_table({}, TableFormat::markdown), "|\n|\n");
  EXPECT_THAT(format_table({}, TableFormat::latex), Not(HasSubstr("\\caption")));
}

TEST_F(TablesTest, EveryKindOfCellOnTheScreen) {
  Table table;
  table.columns = {"a", "b", "c", "d", "e"};
  table.rows = {{std::string("x"), 1234.56789, Fraction{std::numeric_limits<double>::quiet_NaN()}, Spread{}, Cell()},
                {std::string("y"), 0.5, Fraction{0.5}, Spread{0.25, std::nullopt}, std::int64_t{7}}};

  EXPECT_THAT(format_table(table, TableFormat::text), HasSubstr("x  1235   nan        -\ny   0.5  50.0  25.0  7\n"));
}

TEST_F(TablesTest, MarksOfMarkdownAndLatexAreEscaped) {
  Table table;
  table.caption = "a|b~c^d\ne\rf";
  table.columns = {"x\\y"};

  EXPECT_THAT(format_table(table, TableFormat::markdown), testing::StartsWith("a\\|b~c^d e f\n\n| x\\\\y |\n"));
  EXPECT_THAT(format_table(table, TableFormat::latex),
              HasSubstr("\\caption{a\\textbar{}b\\textasciitilde{}c\\textasciicircum{}d e f}"));
}

TEST_F(TablesTest, AFirstColumnIsNotWrappedToNothing) {
  Table table;
  table.columns = {"label", "value"};
  table.rows = {{std::string("a label of thirty characters.."), std::string(70, 'v')}};
  EXPECT_THAT(format_table(table, TableFormat::text, {.columns = 40}), HasSubstr("a label of")) << "12 are left to it";

  table.rows = {{std::string("short"), std::string(70, 'v')}};
  EXPECT_THAT(format_table(table, TableFormat::text, {.columns = 40}), HasSubstr("short  " + std::string(70, 'v')));
}

TEST_F(TablesTest, LabelsNameTheKeysThatDiffer) {
  Submission submission = submission_of({.name = "keys", .configurations = 3, .folds = 1, .seeds = {1, 2}});
  auto& configurations = submission.sweep.configurations;
  configurations[0].differing = {};
  configurations[1].differing = {{"model.dtype", "\"a\""}, {"train.dtype", "\"b\""}};
  configurations[2].differing = {{"model.dtype", "\"a\""}, {"model.alpha", "[1]"}};
  submission.corpora.push_back({{"d2"}, "other", "/other", 9, {"sad", "neutral", "happy"}, "{}"});
  const SweepId sweep = store_.submit(submission).value();

  const Table summary = results_summary(store_, sweep, SelectionRule::best_validation, Metric::ua).value();
  const Table trials = trials_table(store_, sweep, SelectionRule::last, Metric::ua).value();
  const Table metrics = metrics_table(store_, sweep).value();

  EXPECT_EQ(summary.rows[0][0], Cell(std::string("keys")));
  EXPECT_EQ(summary.rows[1][0], Cell(std::string("model.dtype=a train.dtype=b")));
  EXPECT_EQ(summary.rows[2][0], Cell(std::string("model.dtype=a alpha=[1]")));
  EXPECT_THAT(summary.caption, HasSubstr("Epoch: the best ua on the validation part."));
  EXPECT_THAT(summary.caption, HasSubstr("over 2 seeds"));
  EXPECT_EQ(trials.rows[0][4], Cell()) << "the first configuration has none of the keys";
  EXPECT_EQ(metrics.columns.back(), "f1.2") << "corpora of unequal labels have numbered classes";
}

TEST_F(TablesTest, ResultsOfAnEarlierSweepAreSaid) {
  // What has ended was trained by the submission's code.
  AttemptStarted started;
  started.environment.code_version = submission_of({}).code_version;
  const SweepId first = store_.submit(submission_of({.name = "first", .configurations = 1, .seeds = {5}})).value();
  const TrialId trial = trial_of(0, 0, 5);
  ASSERT_TRUE(store_
                  .commit(std::vector<StoreWrite>{claim(trial, 1), recorded(trial, 1, started),
                                                  recorded(trial, 1, finished_of(8))})
                  .ok());
  const SweepId second = store_.submit(submission_of({.name = "second", .configurations = 1, .seeds = {5}})).value();

  EXPECT_TRUE(results_summary(store_, first, SelectionRule::last, Metric::ua)->notes.size() > 0);
  EXPECT_THAT(results_summary(store_, second, SelectionRule::last, Metric::ua)->notes.back(),
              HasSubstr("1 of 3 trials had their results in the store when this sweep was submitted."));
}

TEST_F(TablesTest, MoreThanThreeMissingTrialsAreCounted) {
  const SweepId sweep =
      store_.submit(submission_of({.name = "five", .configurations = 1, .folds = 5, .seeds = {9}})).value();

  EXPECT_THAT(results_summary(store_, sweep, SelectionRule::last, Metric::ua)->notes.front(),
              HasSubstr("5 of 5 trials missing"));
  EXPECT_THAT(results_summary(store_, sweep, SelectionRule::last, Metric::ua)->notes.front(),
              HasSubstr("; and 2 more."));
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
  EXPECT_THAT(table.columns, ElementsAre("trial", "configuration", "fold", "seed", "selection", "utterance", "dialogue",
                                         "truth", "predicted", "p_angry", "p_happy"));
  EXPECT_THAT(format_table(table, TableFormat::csv),
              HasSubstr(",speaker-0,0,last,fold0_utterance0,fold0_dialogue0,angry,angry,0.75,0.25\r\n"));
}

TEST_F(TablesTest, ATableOfAnUnknownSweepIsNotFound) {
  EXPECT_EQ(results_table(store_, SweepId{9}, SelectionRule::last, Metric::wa).error().code, ErrorCode::not_found);
  EXPECT_EQ(metrics_table(store_, SweepId{9}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace mer::storage::test
