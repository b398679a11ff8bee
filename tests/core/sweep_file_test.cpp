#include "core/sweep_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "core/sweep_resolve.hpp"

namespace mer {
namespace {

using nlohmann::json;

constexpr char kFull[] = R"({
  "$schema": "sweep.schema.json",
  "name": "msp-alpha-beta",                         // letters, digits, - and _
  "corpus": {"synthetic": "msp-improv", "seed": 1},
  "folds": {"scheme": "speaker", "validation": "partner", "context": "own"},
  "seeds": {"count": 3},
  "model": {"modalities": ["audio", "text"], "hidden": 100, "heads": 4, "dropout": 0.2, "recurrent": "bigru",
            "self_attention": true, "auxiliary_loss": true, "subspace": true, "cross_attention": true, "alpha": 0.1,
            "beta": 0.1},
  "train": {"epochs": 150, "batch_dialogues": 20, "optimizer": "adam", "learning_rate": 1e-4, "weight_decay": 1e-5,
            "standardise": ["audio"], "evaluate_every": 1, "dtype": "float32"},
  "select": {"epoch": "best-validation", "metric": "wa"},
  "grid": {"model.alpha": [0, 0.1], "model.beta": [0.1, 1]},
  "random": {"count": 2, "seed": 0, "train.learning_rate": {"log": [1e-5, 1e-2]}},
  "resources": {"device": "cpu", "stack": 4, "threads": 2},
  "retry": {"max_attempts": 5},
  "record": {"representations": true},
  "published": [{"label": "Du et al., Table 5", "metric": "macro_f1", "value": 0.8526, "source": "Du et al. 2024"}]
})";

Sweep parsed(const std::string& text, const std::vector<std::string>& overrides = {},
             const std::string& base = "/base") {
  auto sweep = parse_sweep(text, "f.json", base, overrides);
  EXPECT_TRUE(sweep.ok()) << sweep.error().message;
  return sweep ? *sweep : Sweep();
}

std::string minimal(const std::string& more = "") {
  return R"({"name": "x", "corpus": {"path": "c"}, "folds": {"scheme": "speaker"})" + more + "}";
}

TEST(SweepFileTest, EverySectionIsRead) {
  const Sweep sweep = parsed(kFull);

  EXPECT_EQ(sweep.name, "msp-alpha-beta");
  EXPECT_EQ(sweep.seeds, (std::vector<std::uint64_t>{0, 1, 2}));
  ASSERT_EQ(sweep.configurations.size(), 8U);
  const Configuration& first = sweep.configurations[0];
  EXPECT_EQ(first.corpus, (CorpusSource{"", "msp-improv", 1}));
  EXPECT_EQ(first.folds.scheme, FoldSchemeKind::speaker);
  EXPECT_EQ(first.folds.validation, ValidationKind::partner);
  EXPECT_EQ(first.model.alpha, 0.0);
  EXPECT_EQ(sweep.select, (SelectSettings{SelectionRule::best_validation, Metric::wa}));
  EXPECT_EQ(sweep.resources, (ResourceSettings{DeviceChoice::cpu, 4, 2}));
  EXPECT_EQ(sweep.max_attempts, 5);
  EXPECT_TRUE(sweep.record_representations);
  EXPECT_EQ(sweep.published,
            (std::vector<Published>{{"Du et al., Table 5", Metric::macro_f1, 0.8526, "Du et al. 2024"}}));
}

TEST(SweepFileTest, OneModalityHasNoComponents) {
  const Sweep sweep = parsed(minimal(R"(, "model": {"modalities": ["text"], "subspace": false})"));

  const ModelSettings& model = sweep.configurations[0].model;
  EXPECT_EQ(model.auxiliary_loss, std::nullopt);
  EXPECT_EQ(model.subspace, std::nullopt);
  EXPECT_EQ(model.cross_attention, std::nullopt);
  EXPECT_TRUE(sweep.configurations[0].train.standardise.empty()) << "audio is not a modality of this model";
}

ConfigurationId id_of(const Sweep& sweep, const std::string& corpus = "c", const std::string& fold = "f") {
  return configuration_id_of(sweep.configurations.at(0), CorpusId{corpus}, {FoldId{fold}});
}

TEST(SweepFileTest, TheIdCoversEveryHyperparameterAndNothingElse) {
  const ConfigurationId plain = id_of(parsed(minimal()));
  const auto id_with = [](const std::string& more) { return id_of(parsed(minimal(more))); };

  EXPECT_EQ(plain.hex.size(), 32U);
  EXPECT_NE(id_with(R"(, "model": {"alpha": 0.2})"), plain);
  EXPECT_NE(id_with(R"(, "train": {"epochs": 5})"), plain);
  EXPECT_NE(id_of(parsed(minimal(), {"folds.context=full"})), plain);
  EXPECT_NE(id_of(parsed(minimal()), "another corpus"), plain);
  EXPECT_NE(id_of(parsed(minimal()), "c", "another fold"), plain);
  EXPECT_EQ(id_of(parsed(minimal(), {"corpus.path=/other"})), plain) << "content counts, not where it is";
  EXPECT_EQ(id_with(R"(, "model": {"alpha": 0.1}, "train": {"epochs": 150})"), plain) << "defaults written out";
  EXPECT_EQ(id_with(R"(, "seeds": [7], "select": {"metric": "wa"}, "resources": {"threads": 2})"), plain);
}

TEST(SweepFileTest, ResolvedTextDoesNotDependOnOrderOrFormatting) {
  const Sweep one = parsed(R"({"name": "x", "corpus": {"path": "c"}, "folds": {"scheme": "speaker"},
                               "grid": {"model.beta": [1, 2], "model.alpha": [0, 1.0]}, "seeds": [0, 1]})");
  const Sweep other = parsed(R"({"seeds": {"count": 2}, "grid": {"model.alpha": [0.0, 1], "model.beta": [1, 2]},
                                 // a comment
                                 "folds": {"context": "own", "scheme": "speaker"}, "corpus": {"path": "./c"}, "name": "x"})");

  EXPECT_EQ(one.resolved_json, other.resolved_json);
}

TEST(SweepFileTest, ResolvedTextDoesNotDependOnTheFilesPlace) {
  const std::string text = R"({"name": "x", "corpus": {"path": "/abs/c"}, "folds": {"scheme": "speaker"}})";
  const auto here = parse_sweep(text, "a/b.json", "/here");
  const auto there = parse_sweep(text, "c.json", "/there");

  EXPECT_EQ(here->resolved_json, there->resolved_json);
}

TEST(SweepFileTest, APathBelowAFolderWhoseNameIsNotUtf8IsAnError) {
  const auto sweep_with = [](const std::string& corpus) {
    return parse_sweep(R"({"name": "x", "corpus": {"path": ")" + corpus + R"("}, "folds": {"scheme": "speaker"}})",
                       "s.json", "/caf\xe9");
  };

  EXPECT_TRUE(sweep_with("/abs/c").ok());
  const auto refused = sweep_with("c");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_EQ(refused.error().message,
            "s.json: the folder \"/caf\\ufffd\" has a name that is not UTF-8, so that no store can hold the path \"c\" "
            "below it; rename the folder, or give the whole path");
}

TEST(SweepFileTest, ResolvedTextIsComplete) {
  const json resolved = json::parse(parsed(minimal()).resolved_json);

  EXPECT_EQ(resolved["configurations"][0]["model"], json(ModelSettings()));
  EXPECT_EQ(resolved["configurations"][0]["train"], json(TrainSettings()));
  EXPECT_EQ(resolved["configurations"][0]["corpus"]["path"], "/base/c");
  EXPECT_EQ(resolved["resources"]["stack"], "auto");
  EXPECT_EQ(resolved["retry"]["max_attempts"], 3);
}

void expect_equal(const Sweep& a, const Sweep& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.seeds, b.seeds);
  EXPECT_EQ(a.select, b.select);
  EXPECT_EQ(a.resources, b.resources);
  EXPECT_EQ(a.max_attempts, b.max_attempts);
  EXPECT_EQ(a.record_representations, b.record_representations);
  EXPECT_EQ(a.published, b.published);
  EXPECT_EQ(a.resolved_json, b.resolved_json);
  ASSERT_EQ(a.configurations.size(), b.configurations.size());
  for (std::size_t i = 0; i < a.configurations.size(); ++i) {
    EXPECT_EQ(a.configurations[i].id, b.configurations[i].id);
    EXPECT_EQ(a.configurations[i].corpus, b.configurations[i].corpus);
    EXPECT_EQ(a.configurations[i].folds, b.configurations[i].folds);
    EXPECT_EQ(a.configurations[i].model, b.configurations[i].model);
    EXPECT_EQ(a.configurations[i].train, b.configurations[i].train);
    EXPECT_EQ(a.configurations[i].differing, b.configurations[i].differing);
  }
}

// What the store compares did not know the key at first: it stays as it was for who does not use it.
TEST(SweepFileTest, ResolvedTextNamesWhatIsNewOnlyWhereItIsUsed) {
  EXPECT_FALSE(json::parse(parsed(minimal()).resolved_json)["resources"].contains("gpu_fraction"));
  EXPECT_FALSE(json::parse(parsed(minimal()).resolved_json)["resources"].contains("gpus_per_trial"));

  const Sweep half = parsed(minimal(R"(, "resources": {"gpu_fraction": 0.5, "gpus_per_trial": 2})"));

  EXPECT_EQ(half.resources.gpu_fraction, 0.5);
  EXPECT_EQ(half.resources.gpus_per_trial, 2);
  EXPECT_EQ(json::parse(half.resolved_json)["resources"]["gpu_fraction"], 0.5);
  EXPECT_EQ(json::parse(half.resolved_json)["resources"]["gpus_per_trial"], 2);
}

TEST(SweepFileTest, ResolvedTextNamesTheBroadcastOfFeaturesOnlyWhereItIsOn) {
  EXPECT_FALSE(json::parse(parsed(minimal()).resolved_json)["resources"].contains("broadcast_features"));

  const Sweep sweep = parsed(minimal(R"(, "resources": {"broadcast_features": true})"));

  EXPECT_TRUE(sweep.resources.broadcast_features);
  EXPECT_EQ(json::parse(sweep.resolved_json)["resources"]["broadcast_features"], true);
}

TEST(SweepFileTest, AResolvedSweepReadsBack) {
  const std::vector<std::string> texts = {
      kFull,
      minimal(),
      minimal(
          R"(, "resources": {"device": "cuda", "gpu_fraction": 0.25, "gpus_per_trial": 4, "broadcast_features": true})"),
      minimal(
          R"(, "grid": {"model.modalities": [["audio"], ["audio", "text"]], "folds.validation": ["none", {"dialogues": 0.25}],
                  "folds.seed": [1, 2]})"),
      R"({"name": "x", "corpus": {"path": "c"}, "folds": {"scheme": "explicit", "file": "f.json"}})",
      R"({"name": "x", "corpus": {"path": "c"}, "folds": {"scheme": "session-holdout", "test": "2"}})",
  };
  for (const std::string& text : texts) {
    SCOPED_TRACE(text);
    const Sweep sweep = parsed(text);

    const auto frame = sweep_frame_from_resolved(sweep.resolved_json);
    ASSERT_TRUE(frame.ok()) << frame.error().message;
    EXPECT_EQ(frame->name, sweep.name);
    EXPECT_EQ(frame->seeds, sweep.seeds);
    EXPECT_EQ(frame->resources, sweep.resources);
    EXPECT_EQ(frame->max_attempts, sweep.max_attempts);
    EXPECT_TRUE(frame->configurations.empty());
    const auto back = sweep_from_resolved(sweep.resolved_json);

    ASSERT_TRUE(back.ok()) << back.error().message;
    expect_equal(sweep, *back);
  }
}

TEST(SweepFileTest, AResolvedSweepIsASweepFile) {
  const Sweep sweep = parsed(kFull);

  const Sweep again = parsed(json::parse(sweep.resolved_json).dump(2), {}, "/elsewhere");

  expect_equal(sweep, again);
}

TEST(SweepFileTest, SetChangesAKeyInEveryConfigurationOfAResolvedSweep) {
  const std::string resolved = parsed(kFull).resolved_json;

  const Sweep again = parsed(resolved, {"corpus.path=/new/place", "train.epochs=7", "resources.threads=1"});

  ASSERT_EQ(again.configurations.size(), 8U);
  for (const Configuration& configuration : again.configurations) {
    EXPECT_EQ(configuration.corpus, (CorpusSource{"/new/place", "", 0}));
    EXPECT_EQ(configuration.train.epochs, 7);
  }
  EXPECT_EQ(again.resources.threads, 1);
}

TEST(SweepFileTest, SetOfAKeyInWhichResolvedConfigurationsDifferIsAnError) {
  const std::string resolved = parsed(kFull).resolved_json;

  const auto refused = parse_sweep(resolved, "f.json", "/base", {"model.alpha=1"});

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_EQ(refused.error().message,
            "--set model.alpha=1: the configurations of f.json differ in \"model.alpha\"; change it there, or take the "
            "sweep file that they come from");
}

TEST(SweepFileTest, PathsOfAResolvedSweepThatWasEditedAreRelativeToItsFile) {
  json resolved = json::parse(parsed(minimal()).resolved_json);
  resolved["configurations"][0]["corpus"]["path"] = "../mine";

  EXPECT_EQ(parsed(resolved.dump(), {}, "/base/sweeps").configurations[0].corpus.path, "/base/mine");
}

TEST(SweepFileTest, AnErrorInAResolvedSweepNamesTheConfiguration) {
  json resolved = json::parse(parsed(kFull).resolved_json);
  resolved["configurations"][5]["train"]["epochs"] = 0;

  const auto refused = parse_sweep(resolved.dump(), "f.json", "/base");

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message.substr(0, 40), "f.json: configuration 5: /train/epochs: ");
}

TEST(SweepFileTest, AResolvedSweepOfAnOlderVersionGetsDefaults) {
  json resolved = json::parse(parsed(minimal()).resolved_json);
  resolved["configurations"][0]["model"].erase("similarity_moments");
  resolved.erase("record");

  const auto back = sweep_from_resolved(resolved.dump());

  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->configurations[0].model, ModelSettings());
}

TEST(SweepFileTest, ABrokenResolvedSweepIsAnError) {
  EXPECT_FALSE(sweep_frame_from_resolved("").ok());
  EXPECT_FALSE(sweep_frame_from_resolved("{}").ok());
  EXPECT_FALSE(sweep_from_resolved("").ok());
  EXPECT_FALSE(sweep_from_resolved("{}").ok());
  EXPECT_FALSE(sweep_from_resolved(R"({"name": "x", "configurations": []})").ok());
  EXPECT_FALSE(sweep_from_resolved(R"({"name": "x", "configurations": [{}]})").ok());
  EXPECT_FALSE(sweep_from_resolved(R"({"name": "x", "configurations": [5]})").ok());
  json with_a_number = json::parse(parsed(minimal()).resolved_json);
  with_a_number["varied"] = 3;
  EXPECT_FALSE(sweep_from_resolved(with_a_number.dump()).ok());
}

// Stored results are found by this id: it must not change from one version to the next.
TEST(SweepFileTest, TheConfigurationIdIsStable) {
  const Sweep sweep = parsed(R"({"name": "x", "corpus": {"synthetic": "iemocap", "seed": 2},
                                 "folds": {"scheme": "session"}, "train": {"epochs": 5}})");

  EXPECT_EQ(id_of(sweep).hex, "0f4de7358ab2cee9e0a98ff681e89166");
}

// --- --set and paths ---
TEST(SweepOverridesTest, ValuesAreJsonOrElseText) {
  const Sweep sweep = parsed(minimal(), {"name=other-name", "train.learning_rate=1e-3", "model.modalities=[\"text\"]",
                                         "seeds=[4]", "model.recurrent=gru", "model.self_attention=false"});

  EXPECT_EQ(sweep.name, "other-name");
  EXPECT_EQ(sweep.seeds, std::vector<std::uint64_t>{4});
  EXPECT_EQ(sweep.configurations[0].train.learning_rate, 1e-3);
  EXPECT_EQ(sweep.configurations[0].model.modalities, std::vector<std::string>{"text"});
  EXPECT_EQ(sweep.configurations[0].model.recurrent, Recurrent::gru);
  EXPECT_FALSE(sweep.configurations[0].model.self_attention);
}

TEST(SweepOverridesTest, TheLastWins) {
  EXPECT_EQ(parsed(minimal(), {"train.epochs=5", "train.epochs=6"}).configurations[0].train.epochs, 6);
}

TEST(SweepOverridesTest, GroupsCanBeSet) {
  const Sweep sweep =
      parsed(minimal(R"(, "grid": {"model.alpha": [0, 1]})"), {"grid.model.alpha=[5]", "grid.model.beta=[1, 2, 3]"});

  EXPECT_EQ(sweep.configurations.size(), 3U);
  EXPECT_EQ(sweep.configurations[0].model.alpha, 5);
}

TEST(SweepOverridesTest, AnEqualsSignMayStandInTheValue) {
  EXPECT_EQ(parsed(minimal(), {"corpus.path=/a=b"}).configurations[0].corpus.path, "/a=b");
}

TEST(SweepOverridesTest, ACorpusReplacesOneOfTheOtherKind) {
  EXPECT_EQ(parsed(minimal(), {"corpus.synthetic=iemocap"}).configurations[0].corpus, (CorpusSource{"", "iemocap", 0}));
  EXPECT_EQ(parsed(kFull, {"corpus.path=/c"}).configurations[0].corpus, (CorpusSource{"/c", "", 0}));
}

TEST(SweepPathsTest, PathsAreRelativeToTheFileAndInOverridesToTheCurrentFolder) {
  const std::string here = std::filesystem::current_path().string();

  EXPECT_EQ(parsed(minimal()).configurations[0].corpus.path, "/base/c");
  EXPECT_EQ(parsed(minimal(), {"corpus.path=d/../e/"}).configurations[0].corpus.path, here + "/e");
  EXPECT_EQ(parsed(minimal(), {"corpus={\"path\": \"d\"}"}).configurations[0].corpus.path, here + "/d");
  EXPECT_EQ(parsed(minimal(), {"grid.corpus.path=[\"d\", \"/e\"]"}).configurations[0].corpus.path, here + "/d");
  EXPECT_EQ(parsed(minimal(), {"folds={\"scheme\": \"explicit\", \"file\": \"x\"}"}).configurations[0].folds.file,
            here + "/x");
}

TEST(SweepPathsTest, GroupsHavePathsToo) {
  EXPECT_EQ(parsed(minimal(R"(, "zip": {"corpus.path": ["../a"]})")).configurations[0].corpus.path, "/a");
  EXPECT_EQ(parsed(minimal(R"(, "list": [{"corpus.path": "a"}])")).configurations[0].corpus.path, "/base/a");
  EXPECT_EQ(
      parsed(minimal(R"(, "random": {"count": 1, "corpus.path": {"choice": ["a"]}})")).configurations[0].corpus.path,
      "/base/a");
}

TEST(SweepPathsTest, LoadingReadsTheFileAndItsFolder) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "sweep_file_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "s.json") << minimal();

  const auto sweep = load_sweep((folder / "s.json").string(), {"train.epochs=7"});

  ASSERT_TRUE(sweep.ok()) << sweep.error().message;
  EXPECT_EQ(sweep->configurations[0].corpus.path, (folder / "c").lexically_normal().string());
  EXPECT_EQ(sweep->configurations[0].train.epochs, 7);
}

}  // namespace
}  // namespace mer
