// Expansion of grid, zip, random and list, seen through parse_sweep.
#include "core/sweep_expand.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <set>

#include "core/json.hpp"
#include "core/sweep_file.hpp"

namespace mer {
namespace {

using nlohmann::json;

std::string with(const std::string& more) {
  return R"({"name": "x", "corpus": {"path": "c"}, "folds": {"scheme": "speaker"}, )" + more + "}";
}

Sweep sweep_with(const std::string& more) {
  auto sweep = parse_sweep(with(more), "f.json", "/base");
  EXPECT_TRUE(sweep.ok()) << sweep.error().message;
  return sweep ? *sweep : Sweep();
}

// "0.1,2.0" for each configuration: the values of its differing keys.
std::vector<std::string> values_of(const Sweep& sweep) {
  std::vector<std::string> all;
  for (const Configuration& configuration : sweep.configurations) {
    std::string values;
    for (const auto& [key, value] : configuration.differing) values += (values.empty() ? "" : ",") + value;
    all.push_back(values);
  }
  return all;
}

TEST(SweepExpandTest, NothingVariesIsOneConfiguration) {
  const Sweep sweep = sweep_with(R"("seeds": [0])");

  ASSERT_EQ(sweep.configurations.size(), 1U);
  EXPECT_TRUE(sweep.configurations[0].differing.empty());
}

TEST(SweepExpandTest, GridIsCartesianWithTheLastKeyFastest) {
  const Sweep sweep = sweep_with(R"("grid": {"model.beta": [3, 4], "model.alpha": [1, 2]})");

  EXPECT_EQ(values_of(sweep), (std::vector<std::string>{"1.0,3.0", "1.0,4.0", "2.0,3.0", "2.0,4.0"}));
  EXPECT_EQ(sweep.configurations[0].differing[0].first, "model.alpha");
  EXPECT_EQ(sweep.configurations[2].model.alpha, 2.0);
}

TEST(SweepExpandTest, ZipGoesInStep) {
  EXPECT_EQ(values_of(sweep_with(R"("zip": {"model.alpha": [1, 2, 3], "model.beta": [4, 5, 6]})")),
            (std::vector<std::string>{"1.0,4.0", "2.0,5.0", "3.0,6.0"}));
}

TEST(SweepExpandTest, ListIsOneByOneAndKeepsTheSectionsElsewhere) {
  const Sweep sweep = sweep_with(R"("model": {"alpha": 7}, "list": [{}, {"model.alpha": 8}, {"train.epochs": 9}])");

  EXPECT_EQ(values_of(sweep), (std::vector<std::string>{"7.0,150", "8.0,150", "7.0,9"}));
}

TEST(SweepExpandTest, GroupsMultiplyWithTheLastFastest) {
  const Sweep sweep = sweep_with(
      R"("list": [{"model.hidden": 8}, {"model.hidden": 12}], "zip": {"model.beta": [3]}, "grid": {"model.alpha": [1, 2]})");

  EXPECT_EQ(values_of(sweep), (std::vector<std::string>{"8,1.0", "12,1.0", "8,2.0", "12,2.0"}));
}

TEST(SweepExpandTest, DuplicatesCountOnce) {
  const Sweep sweep = sweep_with(R"("grid": {"model.alpha": [1, 0.5, 1.0]})");

  EXPECT_EQ(values_of(sweep), (std::vector<std::string>{"1.0", "0.5"}));
}

TEST(SweepExpandTest, ComponentsOfASingleModalityAreDuplicates) {
  const Sweep sweep =
      sweep_with(R"("grid": {"model.modalities": [["text"], ["audio", "text"]], "model.subspace": [true, false]})");

  EXPECT_EQ(values_of(sweep),
            (std::vector<std::string>{R"(["text"],"n/a")", R"(["audio","text"],true)", R"(["audio","text"],false)"}));
}

TEST(SweepExpandTest, OnlyWhatTheFileVariesNamesAConfiguration) {
  const Sweep sweep = sweep_with(R"("grid": {"model.modalities": [["text"], ["audio", "text"]]})");

  for (const Configuration& configuration : sweep.configurations) {
    ASSERT_EQ(configuration.differing.size(), 1U);
    EXPECT_EQ(configuration.differing[0].first, "model.modalities");
  }
}

TEST(SweepExpandTest, AnyFieldOfCorpusFoldsModelAndTrainMayVary) {
  const Sweep sweep = sweep_with(
      R"("grid": {"corpus.path": ["a", "/b"], "folds.validation": ["none", {"dialogues": 0.1}], "train.standardise": [[], ["audio"]]})");

  ASSERT_EQ(sweep.configurations.size(), 8U);
  EXPECT_EQ(sweep.configurations[0].corpus.path, "/base/a");
  EXPECT_EQ(sweep.configurations[4].corpus.path, "/b");
  EXPECT_EQ(sweep.configurations[2].folds.validation, ValidationKind::dialogues);
}

// --- random ---
TEST(SweepRandomTest, DrawsLieInTheirRanges) {
  const Sweep sweep = sweep_with(
      R"("random": {"count": 200, "seed": 5, "train.learning_rate": {"log": [1e-5, 1e-2]}, "model.dropout": {"linear": [0.1, 0.5]},
                    "train.epochs": {"int": [3, 6]}, "model.recurrent": {"choice": ["gru", "lstm"]}})");

  ASSERT_EQ(sweep.configurations.size(), 200U);
  std::set<int> epochs;
  std::set<Recurrent> recurrent;
  int small = 0;
  for (const Configuration& configuration : sweep.configurations) {
    EXPECT_GE(configuration.train.learning_rate, 1e-5);
    EXPECT_LE(configuration.train.learning_rate, 1e-2);
    EXPECT_GE(configuration.model.dropout, 0.1);
    EXPECT_LE(configuration.model.dropout, 0.5);
    epochs.insert(configuration.train.epochs);
    recurrent.insert(configuration.model.recurrent);
    small += configuration.train.learning_rate < std::sqrt(1e-5 * 1e-2) ? 1 : 0;
  }
  EXPECT_EQ(epochs, (std::set<int>{3, 4, 5, 6}));
  EXPECT_EQ(recurrent, (std::set<Recurrent>{Recurrent::gru, Recurrent::lstm}));
  EXPECT_NEAR(small, 100, 30) << "half of the draws lie below the geometric middle";
}

TEST(SweepRandomTest, TheSeedDecides) {
  const auto draws = [](const std::string& seed) {
    return values_of(
        sweep_with(R"("random": {"count": 5, "seed": )" + seed + R"(, "model.alpha": {"log": [0.01, 1]}})"));
  };

  EXPECT_EQ(draws("1"), draws("1"));
  EXPECT_NE(draws("1"), draws("2"));
}

TEST(SweepRandomTest, MoreDrawsOrFieldsKeepTheEarlierOnes) {
  const Sweep few = sweep_with(R"("random": {"count": 5, "model.alpha": {"log": [0.01, 1]}})");
  const Sweep many =
      sweep_with(R"("random": {"count": 9, "model.alpha": {"log": [0.01, 1]}, "model.beta": {"linear": [0, 1]}})");

  for (std::size_t i = 0; i < few.configurations.size(); ++i) {
    EXPECT_EQ(few.configurations[i].model.alpha, many.configurations[i].model.alpha);
  }
}

// The draws belong to the sweep's identity: they must stay the same in later versions.
TEST(SweepRandomTest, TheDrawsAreStable) {
  EXPECT_EQ(values_of(sweep_with(R"("random": {"count": 3, "train.learning_rate": {"log": [1e-5, 1e-2]}})")),
            (std::vector<std::string>{"3.03911e-05", "0.000180604", "0.000248001"}));
}

}  // namespace
}  // namespace mer
