// Every sweep file that is shipped loads, and says what its name promises.
#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>

#include "core/sweep_file.hpp"

namespace mer {
namespace {

const std::filesystem::path kConfigs = std::filesystem::path(MER_SOURCE_DIR) / "configs";

Sweep shipped(const std::string& name) {
  auto sweep = load_sweep((kConfigs / name).string());
  EXPECT_TRUE(sweep.ok()) << sweep.error().message;
  return sweep ? *sweep : Sweep();
}

std::vector<std::filesystem::path> all_configs() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kConfigs)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".json") && name != "sweep.schema.json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(ShippedConfigsTest, EveryFileLoadsAndIsNamedLikeItsFile) {
  const auto files = all_configs();
  EXPECT_GE(files.size(), 10U);
  for (const auto& file : files) {
    const auto sweep = load_sweep(file.string());
    ASSERT_TRUE(sweep.ok()) << sweep.error().message;
    EXPECT_TRUE(sweep->name == file.stem().string() || sweep->name == "paper-" + file.stem().string()) << file;
    EXPECT_FALSE(sweep->configurations.empty());
  }
}

TEST(ShippedConfigsTest, Quickstart) {
  const Sweep sweep = shipped("quickstart.json");

  ASSERT_EQ(sweep.configurations.size(), 2U);
  EXPECT_EQ(sweep.configurations[0].corpus, (CorpusSource{"", "msp-improv", 1}));
  EXPECT_EQ(sweep.configurations[0].folds.scheme, FoldSchemeKind::speaker);
  EXPECT_EQ(sweep.configurations[0].train.epochs, 5);
  EXPECT_EQ(sweep.configurations[0].train.learning_rate, 1e-3);
  EXPECT_EQ(sweep.configurations[0].model.auxiliary_loss, true);
  EXPECT_EQ(sweep.configurations[1].model.auxiliary_loss, false);
  EXPECT_EQ(sweep.seeds, std::vector<std::uint64_t>{0});
}

TEST(ShippedConfigsTest, Iemocap) {
  const Sweep main = shipped("iemocap.json");
  const Sweep paper = shipped("iemocap-paper.json");

  ASSERT_EQ(main.configurations.size(), 3U);
  EXPECT_EQ(main.seeds.size(), 5U);
  EXPECT_EQ(main.configurations[0].folds.scheme, FoldSchemeKind::session_holdout);
  EXPECT_EQ(main.configurations[0].model.modalities, std::vector<std::string>{"audio"});
  EXPECT_EQ(main.configurations[1].model.modalities, std::vector<std::string>{"text"});
  EXPECT_EQ(main.configurations[2].model, ModelSettings());
  EXPECT_EQ(main.configurations[0].train.epochs, 40);
  EXPECT_EQ(main.configurations[0].train.learning_rate, 1e-3);
  ASSERT_EQ(paper.configurations.size(), 3U);
  TrainSettings expected;  // Table 2 and the design's defaults, but for the features at hand: text is standardised too
  expected.standardise = {"audio", "text"};
  EXPECT_EQ(paper.configurations[2].train, expected);
}

TEST(ShippedConfigsTest, ThePapersTablesHaveOneConfigurationForEachRow) {
  const std::tuple<const char*, std::size_t, std::size_t> tables[] = {
      {"paper/table3-iemocap.json", 4, 4},  {"paper/table3-msp-improv.json", 4, 4},
      {"paper/table4-iemocap.json", 3, 12}, {"paper/table5-msp-improv.json", 12, 18},
      {"paper/table6-iemocap.json", 4, 8},  {"paper/table6-msp-improv.json", 4, 8},
      {"paper/table7-iemocap.json", 6, 12}, {"paper/table7-msp-improv.json", 6, 12}};
  for (const auto& [file, configurations, published] : tables) {
    const Sweep sweep = shipped(file);
    EXPECT_EQ(sweep.configurations.size(), configurations) << file;
    EXPECT_EQ(sweep.published.size(), published) << file;
    const bool iemocap = std::string(file).find("iemocap") != std::string::npos;
    for (const Configuration& configuration : sweep.configurations) {
      EXPECT_EQ(configuration.folds.scheme, iemocap ? FoldSchemeKind::session_holdout : FoldSchemeKind::speaker_pairs);
      EXPECT_EQ(configuration.train.epochs, 150);
    }
  }
}

// The baselines of Tables 5 and 7 have no self-attention; the last row of Table 6 has.
TEST(ShippedConfigsTest, BaselinesDifferFromTable6sLastRow) {
  const ModelSettings ablated = shipped("paper/table6-iemocap.json").configurations.back().model;
  const Sweep table7 = shipped("paper/table7-iemocap.json");

  EXPECT_TRUE(ablated.self_attention);
  EXPECT_EQ(ablated.auxiliary_loss, false);
  EXPECT_EQ(ablated.subspace, false);
  EXPECT_EQ(ablated.cross_attention, false);
  int baselines = 0;
  for (const Configuration& configuration : table7.configurations) {
    if (configuration.model.subspace == true) continue;
    ++baselines;
    EXPECT_FALSE(configuration.model.self_attention);
  }
  EXPECT_EQ(baselines, 4);
}

}  // namespace
}  // namespace mer
