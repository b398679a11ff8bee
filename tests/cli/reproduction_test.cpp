#include "cli/reproduction.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "cli/reproduction_text.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

constexpr int kEpochs = 4;

ConfusionMatrix confusion_of(int right) {
  ConfusionMatrix confusion(2);
  confusion.at(0, 0) = right;
  confusion.at(0, 1) = 20 - right;
  confusion.at(1, 1) = 20;
  return confusion;
}

EpochRow row_of(Split split, int epoch) {
  EpochRow row;
  row.split = split;
  row.epoch = epoch;
  row.utterances = 40;
  row.losses.total = 1.0 / epoch;
  row.losses.task = 0.5 / epoch;
  row.losses.auxiliary = 0.25 / epoch;
  row.losses.auxiliary_by_modality = {0.1, 0.15};
  row.confusion = confusion_of(10 + epoch);
  if (split == Split::train) row.gradient_norm = row.learning_rate = 0.5;
  return row;
}

TrialRun run() {
  TrialRun run;
  run.result.emplace();
  run.result->epochs = kEpochs;
  run.result->weights_sha256 = std::string(64, 'a');
  for (const SelectionRule rule : {SelectionRule::last, SelectionRule::best_test}) {
    run.result->selected.push_back(
        {rule, Metric::macro_f1, kEpochs, confusion_of(10 + kEpochs), std::vector<float>(80, 0.5F)});
  }
  for (const Split split : {Split::train, Split::test}) {
    for (int epoch = 1; epoch <= kEpochs; ++epoch) run.curve.push_back(row_of(split, epoch));
  }
  run.environments = {{"node-1", "cpu", "0.1.0+abc", R"({"vector_code": "AVX3"})", 1, 17}};
  return run;
}

EpochRow& row_in(TrialRun& run, Split split, int epoch) {
  return *std::ranges::find_if(run.curve,
                               [&](const EpochRow& row) { return row.split == split && row.epoch == epoch; });
}

TEST(ReproductionTest, EqualRunsAreIdentical) {
  const Comparison comparison = compare(run(), run());

  EXPECT_TRUE(comparison.identical());
  EXPECT_EQ(comparison.first_epoch(), std::nullopt);
  EXPECT_EQ(comparison.selections.size(), 2U);
  ASSERT_EQ(comparison.parts.size(), 2U);
  EXPECT_EQ(comparison.parts[0].recorded, kEpochs);
  EXPECT_TRUE(comparison.curve.empty());
  EXPECT_EQ(verdict_of(comparison), "identical, bit for bit");
}

TEST(ReproductionTest, OtherWeightsAloneAreADifference) {
  TrialRun again = run();
  again.result->weights_sha256[63] = 'b';

  const Comparison comparison = compare(run(), again);

  EXPECT_FALSE(comparison.identical());
  EXPECT_EQ(verdict_of(comparison), "different: the final weights, though every epoch has the same numbers");
}

TEST(ReproductionTest, TheLastBitOfOneLossInOneEpochIsFound) {
  TrialRun again = run();
  double& loss = *row_in(again, Split::test, 3).losses.auxiliary;
  loss = std::nextafter(loss, 1.0);

  const Comparison comparison = compare(run(), again);

  EXPECT_FALSE(comparison.identical());
  ASSERT_EQ(comparison.curve.size(), 1U);
  const CurveDifference& difference = comparison.curve[0];
  EXPECT_EQ(difference.split, Split::test);
  EXPECT_EQ(difference.quantity, "loss.auxiliary");
  EXPECT_EQ(difference.epochs, 1);
  EXPECT_EQ(difference.first, 3);
  EXPECT_EQ(difference.again, loss);
  EXPECT_GT(difference.largest, 0);
  EXPECT_LT(difference.largest, 1e-15);
  EXPECT_EQ(comparison.first_epoch(), 3);
}

TEST(ReproductionTest, TheFirstEpochAndTheLargestDifferenceAreTold) {
  TrialRun again = run();
  row_in(again, Split::train, 2).losses.total += 0.25;
  row_in(again, Split::train, 4).losses.total += 0.5;
  again.result->weights_sha256[0] = 'b';

  const Comparison comparison = compare(run(), again);

  ASSERT_EQ(comparison.curve.size(), 1U);
  EXPECT_EQ(comparison.curve[0].epochs, 2);
  EXPECT_EQ(comparison.curve[0].recorded, 0.5);
  EXPECT_EQ(comparison.curve[0].again, 0.75);
  EXPECT_EQ(comparison.curve[0].largest, 0.5);
  EXPECT_EQ(verdict_of(comparison), "different from epoch 2 on: train loss.total by 0.5 at most; the final weights");
}

// Everything that a row holds: none of it may be left out of the comparison.
TEST(ReproductionTest, EveryNumberOfARowIsCompared) {
  const auto quantity_after = [](const auto& change) {
    TrialRun again = run();
    change(row_in(again, Split::train, 1));
    const Comparison comparison = compare(run(), again);
    return comparison.curve.empty() ? std::string("nothing") : comparison.curve.back().quantity;
  };

  EXPECT_EQ(quantity_after([](EpochRow& row) { row.utterances = 41; }), "utterances");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.losses.task = 9; }), "loss.task");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.losses.auxiliary.reset(); }), "loss.auxiliary");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.losses.subspace = 9; }), "loss.subspace");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.losses.similarity = 9; }), "loss.similarity");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.losses.difference = 9; }), "loss.difference");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.losses.reconstruction = 9; }), "loss.reconstruction");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.losses.cycle = 9; }), "loss.cycle");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.losses.auxiliary_by_modality[1] = 9; }), "loss.auxiliary.2");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.losses.auxiliary_by_modality.push_back(9); }), "loss.auxiliary.3");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.losses.total = -0.0; }), "loss.total");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.gradient_norm = 9; }), "gradient_norm");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.learning_rate = 9; }), "learning_rate");
  EXPECT_EQ(quantity_after([](EpochRow& row) { row.confusion.at(1, 0) += 1; }), "confusion");
  EXPECT_EQ(quantity_after([](EpochRow&) {}), "nothing");
}

TEST(ReproductionTest, NanIsTheSameAsNan) {
  TrialRun recorded = run(), again = run();
  row_in(recorded, Split::test, 1).losses.total = std::numeric_limits<double>::quiet_NaN();
  row_in(again, Split::test, 1).losses.total = -std::numeric_limits<double>::quiet_NaN();

  EXPECT_TRUE(compare(recorded, again).identical());
  EXPECT_EQ(compare(recorded, run()).curve.at(0).largest, std::numeric_limits<double>::infinity());
}

TEST(ReproductionTest, AnEpochThatOnlyOneRunHasIsADifference) {
  TrialRun again = run();
  std::erase_if(again.curve, [](const EpochRow& row) { return row.epoch == 3 && row.split == Split::test; });

  const Comparison comparison = compare(run(), again);

  EXPECT_FALSE(comparison.identical());
  EXPECT_EQ(comparison.first_epoch(), 3);
  EXPECT_EQ(verdict_of(comparison),
            "different from epoch 3 on: only one run has that epoch; the final weights are the same");
}

TEST(ReproductionTest, SelectionsAreComparedByEpochMatrixAndProbabilities) {
  TrialRun again = run();
  again.result->selected[0].confusion = confusion_of(12);
  again.result->selected[1].probabilities[7] = 0.75F;

  const Comparison comparison = compare(run(), again);

  EXPECT_FALSE(comparison.identical());
  EXPECT_FALSE(comparison.selections[0].same);
  EXPECT_EQ(comparison.selections[0].utterances, 2);
  EXPECT_FALSE(comparison.selections[1].same);
  EXPECT_EQ(comparison.selections[1].probability, 0.25);

  again = run();
  again.result->selected[1].epoch = 2;
  EXPECT_FALSE(compare(run(), again).identical());
  again = run();
  again.result->selected.pop_back();
  EXPECT_FALSE(compare(run(), again).identical());
  again = run();
  again.result->selected[1].probabilities.pop_back();
  EXPECT_FALSE(compare(run(), again).identical());
}

TEST(ReproductionTest, ARunThatDivergedIsDifferent) {
  TrialRun again = run();
  again.result.reset();
  again.diverged = "diverged in epoch 2: total is not finite";
  std::erase_if(again.curve, [](const EpochRow& row) { return row.epoch > 1; });

  const Comparison comparison = compare(run(), again);

  EXPECT_FALSE(comparison.identical());
  EXPECT_EQ(comparison.first_epoch(), 2);
}

TEST(ReproductionTest, AnotherEnvironmentIsNamedAndIsNoDifferenceOfTheNumbers) {
  TrialRun again = run();
  again.environments[0].versions = R"({"vector_code": "AVX2"})";

  const Comparison comparison = compare(run(), again);

  EXPECT_TRUE(comparison.identical());
  EXPECT_EQ(comparison.environment, (std::vector<EnvironmentDifference>{{"vector_code", "AVX3", "AVX2"}}));
}

TEST(ReproductionTextTest, ARowForEachThingThatIsComparedAndEachQuantityThatDiffers) {
  TrialRun again = run();
  row_in(again, Split::test, 3).losses.total += 0.125;
  again.result->selected[0].probabilities[0] = 0.25F;

  const auto rows = rows_of(compare(run(), again));

  EXPECT_EQ(rows, (std::vector<std::vector<std::string>>{
                      {"what", "recorded", "again", "difference"},
                      {"final weights' SHA-256", "aaaaaaaa", "aaaaaaaa", "none"},
                      {"last macro_f1", "84.7 (4)", "84.7 (4)", "probabilities by 0.25"},
                      {"best-test (oracle) macro_f1", "84.7 (4)", "84.7 (4)", "none"},
                      {"train part's curve", "4 epochs", "4 epochs", "none"},
                      {"test part's curve", "4 epochs", "4 epochs", "1 quantity"},
                      {"  loss.total", "0.333333", "0.458333", "epoch 3 on, by 0.12"},
                  }));
}

TEST(ReproductionTextTest, JsonHoldsTheNumbersWhole) {
  TrialRun again = run();
  row_in(again, Split::test, 3).losses.total = std::numeric_limits<double>::infinity();

  const nlohmann::ordered_json document = json_of(compare(run(), again));

  EXPECT_EQ(document.at("identical"), false);
  EXPECT_EQ(document.at("first_epoch"), 3);
  EXPECT_EQ(document.at("weights").at("again"), std::string(64, 'a'));
  EXPECT_EQ(document.at("curve").at(0).at("recorded"), 1.0 / 3);
  EXPECT_EQ(document.at("curve").at(0).at("again"), "Infinity");
  EXPECT_EQ(document.at("selections").size(), 2U);
}

}  // namespace
}  // namespace mer::cli
