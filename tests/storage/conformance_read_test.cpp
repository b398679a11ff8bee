// What every ResultReader answers.
#include <bit>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>

#include "core/scores.hpp"
#include "tests/storage/conformance.hpp"

namespace mer::storage::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const TrialId kTrial = trial_of(0, 0);

// --- finding ---

TEST_P(StoreConformance, SweepsAreListedNewestFirst) {
  submit({.name = "first"});
  submit({.name = "second"});

  const auto sweeps = reader_.sweeps().value();

  ASSERT_THAT(sweeps, SizeIs(2));
  EXPECT_EQ(sweeps[0].name, "second");
  EXPECT_EQ(sweeps[1].name, "first");
  EXPECT_EQ(sweeps[0].submitted_at, 1000);
  EXPECT_EQ(sweeps[0].counts.pending, 6);
}

TEST_P(StoreConformance, ASweepIsFoundByNumberOrByItsNewestName) {
  submit({.name = "study", .folds = 3});
  submit({.name = "study", .folds = 2});

  EXPECT_EQ(reader_.find_sweep("1")->number, 1);
  EXPECT_EQ(reader_.find_sweep("study")->number, 2);
}

TEST_P(StoreConformance, AMisspeltSweepNamesTheNearest) {
  submit({.name = "alpha-beta"});

  const Error error = reader_.find_sweep("alpha-bta").error();

  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_THAT(error.message, HasSubstr("did you mean \"alpha-beta\""));
  EXPECT_EQ(reader_.find_sweep("2").error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_.sweep(SweepId{2}).error().code, ErrorCode::not_found);
}

TEST_P(StoreConformance, ATrialIsFoundByAUniquePrefix) {
  submit({.configurations = 1, .folds = 2});
  const std::string other = trial_of(0, 1).hex;

  EXPECT_EQ(reader_.find_trial(other.substr(0, 16))->hex, other);
  EXPECT_EQ(reader_.find_trial(other)->hex, other);
  EXPECT_EQ(reader_.find_trial("a000").error().code, ErrorCode::invalid);  // both
  EXPECT_EQ(reader_.find_trial("a00").error().code, ErrorCode::invalid);   // too short
  EXPECT_EQ(reader_.find_trial("a00'").error().code, ErrorCode::invalid);  // not hex
  EXPECT_EQ(reader_.find_trial("beef").error().code, ErrorCode::not_found);
}

// --- what was submitted ---

TEST_P(StoreConformance, ASweepsDetailIsWhatWasSubmitted) {
  const Submission submission =
      submission_of({.seeds = {0, 1}, .select = {SelectionRule::best_validation, Metric::ua}});

  const SweepId id = writer_.submit(submission).value();

  const SweepDetail sweep = reader_.sweep(id).value();
  EXPECT_EQ(sweep.summary.id, id);
  EXPECT_EQ(sweep.resolved_json, submission.sweep.resolved_json);
  EXPECT_EQ(sweep.code_version, submission.code_version);
  EXPECT_EQ(sweep.select, submission.sweep.select);
  EXPECT_EQ(sweep.seeds, submission.sweep.seeds);
  EXPECT_EQ(sweep.folds, submission.folds);
  EXPECT_EQ(sweep.corpora, submission.corpora);
  EXPECT_EQ(sweep.published, submission.sweep.published);
  ASSERT_THAT(sweep.configurations, SizeIs(2));
  EXPECT_EQ(sweep.configurations[1].id, submission.sweep.configurations[1].id);
  EXPECT_EQ(sweep.configurations[1].differing, submission.sweep.configurations[1].differing);
  EXPECT_THAT(sweep.configurations[1].settings_json, HasSubstr("\"scheme\":\"speaker\""));
}

TEST_P(StoreConformance, TrialRowsStandInSubmissionOrder) {
  const Submission submission = submission_of({.seeds = {4, 5}});
  const SweepId id = writer_.submit(submission).value();
  finish(trial_of(1, 2, 5), 9);

  const auto rows = reader_.trials(id).value();

  ASSERT_EQ(rows.size(), submission.trials.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].id, submission.trials[i].spec.id);
    EXPECT_EQ(rows[i].configuration, submission.trials[i].configuration);
    EXPECT_EQ(rows[i].fold, submission.trials[i].fold);
    EXPECT_EQ(rows[i].seed, submission.trials[i].spec.seed);
    EXPECT_EQ(rows[i].epochs, 4);
  }
  EXPECT_EQ(rows.back().state, TrialState::done);
  EXPECT_EQ(rows.back().scores, scores_of(confusion_of(9, 1)));
  EXPECT_FALSE(rows.front().scores.has_value());
}

TEST_P(StoreConformance, ATrialsDetailHoldsItsSpecAndResultWithoutProbabilities) {
  const Submission submission = submission_of({});
  ASSERT_TRUE(writer_.submit(submission).ok());
  finish(kTrial, 8);

  const TrialDetail trial = detail(kTrial);

  EXPECT_EQ(trial.spec, submission.trials[0].spec);
  ASSERT_TRUE(trial.result.has_value());
  TrialResult expected = finished_of(8).result;
  for (Selected& selected : expected.selected) selected.probabilities.clear();
  EXPECT_EQ(*trial.result, expected);
  EXPECT_EQ(reader_.trial({hex_of('b', 0)}).error().code, ErrorCode::not_found);
}

// --- curves ---

TEST_P(StoreConformance, TheCurveTakesTheHighestAttemptOfEachEpoch) {
  submit();
  commit({claim(kTrial, 1), recorded(kTrial, 1, epoch_of(1, 1.1)), recorded(kTrial, 1, epoch_of(2, 1.2)),
          recorded(kTrial, 1, epoch_of(3, 1.3)), recorded(kTrial, 1, AttemptFailed{})});

  commit({claim(kTrial, 2), recorded(kTrial, 2, epoch_of(3, 2.3)), recorded(kTrial, 2, epoch_of(2, 2.2))});

  const auto curve = reader_.curve(kTrial, Split::test).value();
  EXPECT_THAT(curve,
              ElementsAre(row_of(Split::test, 1, 1.1), row_of(Split::test, 2, 2.2), row_of(Split::test, 3, 2.3)));
  EXPECT_THAT(reader_.curve(kTrial, Split::validation).value(), IsEmpty());
  EXPECT_THAT(detail(kTrial).timings, SizeIs(3));
  EXPECT_EQ(detail(kTrial).row.epoch, 3);
}

TEST_P(StoreConformance, WhatIsNotThereIsNotFound) {
  const SweepId id = submit();
  const SweepId none{id.number + 1};
  const TrialId nobody = trial_of(9, 9);

  EXPECT_EQ(reader_.sweep(none).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_.trials(none).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_.results(none, SelectionRule::last, Metric::wa).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_.find_sweep("99999999999999999999").error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_.trial(nobody).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_.selected(nobody, SelectionRule::last, Metric::wa).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_.predictions(nobody, SelectionRule::last, Metric::wa).error().code, ErrorCode::not_found);
}

TEST_P(StoreConformance, AnEpochWithoutAuxiliaryLossesComesBack) {
  submit();
  const TrialId trial = trial_of(0, 0);
  EpochDone epoch = epoch_of(1);
  epoch.rows[0].losses.auxiliary_by_modality.clear();
  epoch.rows[0].losses.auxiliary.reset();
  commit({claim(trial, 1), recorded(trial, 1, epoch)});

  EXPECT_EQ(reader_.curve(trial, Split::train).value(), std::vector{epoch.rows[0]});
}

TEST_P(StoreConformance, CurveOfAnUnknownTrialIsNotFound) {
  EXPECT_EQ(reader_.curve(kTrial, Split::train).error().code, ErrorCode::not_found);
}

TEST_P(StoreConformance, EveryKindOfNumberComesBackBitForBit) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  submit();
  EpochRow row = row_of(Split::train, 1);
  row.losses.total = nan;
  row.losses.task = kInfinity;
  row.losses.auxiliary = -kInfinity;
  row.losses.auxiliary_by_modality = {nan, -0.0, -kInfinity, 0.1, 5, 1e-300, 1.7976931348623157e308};
  row.losses.subspace = -0.0;
  row.losses.similarity = 1e-300;
  row.losses.difference = std::numeric_limits<double>::denorm_min();
  row.losses.reconstruction = 0.0;
  row.losses.cycle = std::nullopt;
  row.gradient_norm = nan;
  row.confusion.at(0, 1) = 4294967295;

  commit({claim(kTrial, 1), recorded(kTrial, 1, EpochDone{{row}, {1, 0, 0, 0}})});

  const auto curve = reader_.curve(kTrial, Split::train).value();
  ASSERT_THAT(curve, SizeIs(1));
  const auto same = [](std::optional<double> a, std::optional<double> b) {
    if (!a || !b) return !a && !b;
    if (std::isnan(*a)) return std::isnan(*b);  // a NaN's payload is not kept
    return std::bit_cast<std::uint64_t>(*a) == std::bit_cast<std::uint64_t>(*b);
  };
  const LossComponents &wrote = row.losses, &read = curve[0].losses;
  EXPECT_TRUE(same(wrote.total, read.total));
  EXPECT_TRUE(same(wrote.task, read.task));
  EXPECT_TRUE(same(wrote.auxiliary, read.auxiliary));
  EXPECT_TRUE(same(wrote.subspace, read.subspace));
  EXPECT_TRUE(same(wrote.similarity, read.similarity));
  EXPECT_TRUE(same(wrote.difference, read.difference));
  EXPECT_TRUE(same(wrote.reconstruction, read.reconstruction));
  EXPECT_TRUE(same(wrote.cycle, read.cycle));
  EXPECT_TRUE(same(row.gradient_norm, curve[0].gradient_norm));
  EXPECT_TRUE(same(row.learning_rate, curve[0].learning_rate));
  EXPECT_EQ(curve[0].confusion, row.confusion);
  ASSERT_EQ(read.auxiliary_by_modality.size(), wrote.auxiliary_by_modality.size());
  for (std::size_t i = 0; i < wrote.auxiliary_by_modality.size(); ++i) {
    EXPECT_TRUE(same(wrote.auxiliary_by_modality[i], read.auxiliary_by_modality[i])) << i;
  }
}

// --- results ---

TEST_P(StoreConformance, ResultsAreMeanAndSdOverFoldsOfTheMeanOverSeeds) {
  const SweepId id = submit({.configurations = 1, .folds = 2, .seeds = {0, 1}});
  finish(trial_of(0, 0, 0), 4);
  finish(trial_of(0, 0, 1), 6);
  finish(trial_of(0, 1, 0), 8);
  finish(trial_of(0, 1, 1), 10);

  const auto rows = reader_.results(id, SelectionRule::last, Metric::macro_f1).value();

  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_THAT(rows[0].folds, ElementsAre(0, 1));
  const Aggregate& wa = rows[0].wa;
  EXPECT_FALSE(wa.over_seeds);
  EXPECT_EQ(wa.n, 2);
  EXPECT_EQ(wa.expected_n, 2);
  ASSERT_THAT(wa.points, ElementsAre(testing::Optional(0.5), testing::Optional(0.9)));
  EXPECT_DOUBLE_EQ(wa.mean.value(), 0.7);
  EXPECT_DOUBLE_EQ(wa.sd.value(), std::sqrt(0.08));  // divisor n-1
}

TEST_P(StoreConformance, WithOneFoldResultsAreOverSeeds) {
  const SweepId id = submit({.configurations = 1, .folds = 1, .seeds = {7, 3, 5}});
  finish(trial_of(0, 0, 7), 5);
  finish(trial_of(0, 0, 3), 6);
  finish(trial_of(0, 0, 5), 7);

  const ResultRow row = reader_.results(id, SelectionRule::last, Metric::wa)->at(0);

  EXPECT_THAT(row.folds, ElementsAre(0));
  const Aggregate& ua = row.ua;
  EXPECT_TRUE(ua.over_seeds);
  EXPECT_EQ(ua.n, 3);
  EXPECT_THAT(ua.points, ElementsAre(testing::Optional(0.5), testing::Optional(0.6), testing::Optional(0.7)));
  EXPECT_DOUBLE_EQ(ua.mean.value(), 0.6);
  EXPECT_NEAR(ua.sd.value(), 0.1, 1e-15);
}

TEST_P(StoreConformance, OneTrialHasAMeanAndNoSd) {
  const SweepId id = submit({.configurations = 1, .folds = 1});
  finish(kTrial, 8);

  const Aggregate wa = reader_.results(id, SelectionRule::last, Metric::wa)->at(0).wa;

  EXPECT_EQ(wa.mean, 0.8);
  EXPECT_FALSE(wa.sd.has_value());
}

TEST_P(StoreConformance, AnIncompleteGroupHasNoMean) {
  const SweepId id = submit({.configurations = 2, .folds = 2, .seeds = {0, 1}});
  for (const int fold : {0, 1}) {
    for (const std::uint64_t seed : {0, 1}) finish(trial_of(1, fold, seed), 8);
  }
  finish(trial_of(0, 0, 0), 8);
  finish(trial_of(0, 0, 1), 8);
  finish(trial_of(0, 1, 0), 8);
  commit({claim(trial_of(0, 1, 1), 1), recorded(trial_of(0, 1, 1), 1, AttemptDiverged{1, 1, "total"})});

  const auto rows = reader_.results(id, SelectionRule::last, Metric::macro_f1).value();

  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_FALSE(rows[0].macro_f1.mean.has_value());
  EXPECT_FALSE(rows[0].macro_f1.sd.has_value());
  EXPECT_EQ(rows[0].macro_f1.n, 1);
  EXPECT_EQ(rows[0].macro_f1.expected_n, 2);
  EXPECT_THAT(rows[0].macro_f1.points, ElementsAre(testing::Optional(testing::DoubleEq(0.8)), std::nullopt));
  EXPECT_TRUE(rows[1].macro_f1.mean.has_value());
}

TEST_P(StoreConformance, AScoreThatIsNaNIsNeverAveraged) {
  const SweepId id = submit({.configurations = 1, .folds = 2});
  AttemptFinished nothing_tested = finished_of(8);
  for (Selected& selected : nothing_tested.result.selected) {
    selected.confusion = ConfusionMatrix(2);
    selected.probabilities.clear();
  }
  finish(trial_of(0, 0), 8);
  commit({claim(trial_of(0, 1), 1), recorded(trial_of(0, 1), 1, nothing_tested)});

  const Aggregate wa = reader_.results(id, SelectionRule::last, Metric::wa)->at(0).wa;

  EXPECT_FALSE(wa.mean.has_value());
  EXPECT_EQ(wa.n, 1);
  EXPECT_EQ(wa.expected_n, 2);
  EXPECT_TRUE(std::isnan(reader_.trials(id)->at(1).scores.value().wa));
}

TEST_P(StoreConformance, BestRulesAreKeptForEachMetricAndLastHoldsForAll) {
  const SweepId id = submit({.configurations = 1, .folds = 1, .select = {SelectionRule::best_test, Metric::ua}});
  AttemptFinished finished;
  finished.result.selected = {selected_of(SelectionRule::last, Metric::macro_f1, 4, 5, 5),
                              selected_of(SelectionRule::best_test, Metric::ua, 2, 9, 1),
                              selected_of(SelectionRule::best_test, Metric::macro_f1, 3, 7, 3)};

  commit({claim(kTrial, 1), recorded(kTrial, 1, finished)});

  const auto wa = [&](SelectionRule rule, Metric metric) { return reader_.results(id, rule, metric)->at(0).wa.mean; };
  EXPECT_EQ(wa(SelectionRule::last, Metric::wa), 0.5);
  EXPECT_EQ(wa(SelectionRule::last, Metric::ua), 0.5);
  EXPECT_EQ(wa(SelectionRule::best_test, Metric::ua), 0.9);
  EXPECT_EQ(wa(SelectionRule::best_test, Metric::macro_f1), 0.7);
  EXPECT_EQ(wa(SelectionRule::best_validation, Metric::ua), std::nullopt);
  EXPECT_EQ(reader_.trials(id)->at(0).scores.value().wa, 0.9);  // the sweep's own rule
}

TEST_P(StoreConformance, ConfusionsAreThoseOfTheTrialsThatHaveOneUnderTheRule) {
  const SweepId id = submit({.configurations = 2, .folds = 2});
  finish(trial_of(1, 0), 7);
  finish(kTrial, 8);

  const auto all = reader_.confusions(id, SelectionRule::last, Metric::ua).value();

  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], (TrialConfusion{kTrial, 0, 0, 0, confusion_of(8, 2)}));
  EXPECT_EQ(all[1], (TrialConfusion{trial_of(1, 0), 1, 0, 0, confusion_of(7, 3)}));
  EXPECT_TRUE(reader_.confusions(id, SelectionRule::best_validation, Metric::ua)->empty());
  EXPECT_EQ(reader_.confusions(SweepId{99}, SelectionRule::last, Metric::ua).error().code, ErrorCode::not_found);
}

// --- predictions ---

TEST_P(StoreConformance, WhatIsAskedOfSomeConfigurationsIsOfTheseOnly) {
  const SweepId id = submit({.configurations = 4, .folds = 2});
  for (int configuration = 0; configuration < 4; ++configuration) {
    finish(trial_of(configuration, 0), configuration + 3);
    finish(trial_of(configuration, 1), configuration + 5);
  }
  const Configurations some = {3, 1, 99};
  const SelectionRule last = SelectionRule::last;
  const auto all = [](auto rows) {
    std::vector<int> positions;
    for (const auto& row : rows.value()) positions.push_back(row.configuration);
    return positions;
  };
  EXPECT_THAT(all(reader_.trials(id, some)), ElementsAre(1, 1, 3, 3));
  EXPECT_THAT(all(reader_.confusions(id, last, Metric::wa, some)), ElementsAre(1, 1, 3, 3));
  EXPECT_THAT(all(reader_.results(id, last, Metric::wa, some)), ElementsAre(1, 3));
  EXPECT_EQ(reader_.results(id, last, Metric::wa, {3})->at(0).wa.mean,
            reader_.results(id, last, Metric::wa)->at(3).wa.mean);
  EXPECT_TRUE(reader_.trials(id, {99})->empty());
}

TEST_P(StoreConformance, SelectedComesBackWithEveryProbability) {
  submit();
  finish(kTrial, 8);

  EXPECT_EQ(reader_.selected(kTrial, SelectionRule::last, Metric::wa).value(),
            selected_of(SelectionRule::last, Metric::macro_f1, 4, 8, 2));
  EXPECT_EQ(reader_.selected(kTrial, SelectionRule::best_test, Metric::wa).value(),
            selected_of(SelectionRule::best_test, Metric::wa, 2, 8, 2));
  EXPECT_EQ(reader_.selected(kTrial, SelectionRule::best_validation, Metric::wa).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_.selected(trial_of(0, 1), SelectionRule::last, Metric::wa).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_.selected({hex_of('b', 0)}, SelectionRule::last, Metric::wa).error().code, ErrorCode::not_found);
}

TEST_P(StoreConformance, PredictionsNameUtteranceTruthAndPrediction) {
  submit();
  finish(kTrial, 8);

  const auto predictions = reader_.predictions(kTrial, SelectionRule::last, Metric::macro_f1).value();

  ASSERT_THAT(predictions, SizeIs(20));
  EXPECT_EQ(predictions[0].utterance, "fold0_utterance0");
  EXPECT_EQ(predictions[5].dialogue, "fold0_dialogue1");
  EXPECT_EQ(predictions[0].truth, 0);
  EXPECT_EQ(predictions[0].predicted, 0);
  EXPECT_EQ(predictions[9].predicted, 1);  // a wrong one
  EXPECT_EQ(predictions[19].truth, 1);
  EXPECT_THAT(predictions[0].probabilities, ElementsAre(0.75F, 0.25F));
}

TEST_P(StoreConformance, PredictionsWithoutATestPartAreNotFound) {
  Submission submission = submission_of({});
  submission.test_parts.clear();
  ASSERT_TRUE(writer_.submit(submission).ok());
  finish(kTrial, 8);

  EXPECT_EQ(reader_.predictions(kTrial, SelectionRule::last, Metric::wa).error().code, ErrorCode::not_found);
}

TEST_P(StoreConformance, ASubmissionAddsTheDialoguesThatAnEarlierOneLeftOut) {
  Submission without = submission_of({});
  for (TestPart& part : without.test_parts) part.dialogues.clear();
  ASSERT_TRUE(writer_.submit(without).ok());
  finish(kTrial, 8);
  const auto dialogue = [&] { return reader_.predictions(kTrial, SelectionRule::last, Metric::wa)->front().dialogue; };
  EXPECT_EQ(dialogue(), "");

  submit();
  EXPECT_EQ(dialogue(), "fold0_dialogue0");

  ASSERT_TRUE(writer_.submit(without).ok());
  EXPECT_EQ(dialogue(), "fold0_dialogue0") << "they stay";
}

TEST_P(StoreConformance, PredictionsOfATestPartThatDoesNotFitItselfAreCorrupt) {
  for (const bool of_labels : {true, false}) {
    Submission submission = submission_of({.name = of_labels ? "labels" : "dialogues"});
    for (TestPart& part : submission.test_parts) {
      if (of_labels) part.truth.back() = 2;
      if (!of_labels) part.dialogues.pop_back();
    }
    for (PlannedTrial& trial : submission.trials) trial.spec.corpus.hex = hex_of('e', of_labels ? 1 : 2);
    for (PlannedTrial& trial : submission.trials) trial.spec.id.hex[1] = of_labels ? '1' : '2';
    ASSERT_TRUE(writer_.submit(submission).ok());
    const TrialId trial = submission.trials.front().spec.id;
    finish(trial, 8);

    EXPECT_EQ(reader_.predictions(trial, SelectionRule::last, Metric::wa).error().code, ErrorCode::corrupt);
  }
}

TEST_P(StoreConformance, PredictionsThatDoNotFitTheTestPartAreCorrupt) {
  submit();
  AttemptFinished finished = finished_of(8);
  finished.result.selected[0].probabilities.pop_back();
  commit({claim(kTrial, 1), recorded(kTrial, 1, finished)});

  EXPECT_EQ(reader_.predictions(kTrial, SelectionRule::last, Metric::wa).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace mer::storage::test
