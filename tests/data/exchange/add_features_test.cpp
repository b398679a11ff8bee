#include "data/exchange/add_features.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/exchange/corpus_export.hpp"
#include "data/exchange/npy.hpp"
#include "data/feature_lock.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::HasSubstr;

// A corpus of two sessions on disk, and a matrix of two columns for it.
class AddFeaturesTest : public testing::Test {
 protected:
  AddFeaturesTest() {
    corpus_.utterances[3].label = kNoLabel;
    EXPECT_TRUE(write_corpus(corpus_, path_));
    const std::size_t rows = corpus_.utterances.size();
    std::string npy = npy_header("<f4", {rows, 2});
    for (std::size_t i = 0; i < 2 * rows; ++i) {
      const auto value = float(i);
      npy.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    write_bytes(file_, npy);
  }

  FeaturesToAdd wanted() const { return {path_, "speech", file_}; }

  TemporaryFolder folder_;
  Corpus corpus_ = paired_corpus(2);
  std::string path_ = folder_.file("corpus"), file_ = folder_.file("x.npy");
};

TEST_F(AddFeaturesTest, TheCorpusHasThemAndAllThatItHadBefore) {
  const auto added = add_features(wanted());

  ASSERT_TRUE(added) << added.error().message;
  const Corpus corpus = load_corpus(path_).value();
  ASSERT_NE(corpus.find("speech"), nullptr);
  EXPECT_EQ(corpus.find("speech")->row(2)[1], 5.0F);
  EXPECT_EQ(corpus.features.size(), corpus_.features.size() + 1);
  EXPECT_EQ(corpus.id, added->id);
  EXPECT_THAT(read_bytes(path_ + "/corpus.json"), HasSubstr("\"sha256\": \"" + added->sha256 + "\""));
}

TEST_F(AddFeaturesTest, ExportedAndAddedAgainItIsTheSameCorpus) {
  const CorpusId before = add_features(wanted())->id;

  for (const char* name : {"all.npz", "speech.csv"}) {
    const auto exported = export_corpus(path_, folder_.file(name), "speech");
    ASSERT_TRUE(exported) << exported.error().message;
    EXPECT_EQ(exported->id, before);
    const auto again = add_features({path_, "speech", folder_.file(name), "", true});
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->id, before);
  }
}

TEST_F(AddFeaturesTest, WhatIsThereIsReplacedOnlyWhenAskedFor) {
  ASSERT_TRUE(add_features(wanted()));
  const std::string before = read_bytes(path_ + "/corpus.json");

  const auto refused = add_features(wanted());

  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("has features for \"speech\"; --replace"));
  EXPECT_EQ(read_bytes(path_ + "/corpus.json"), before);
}

TEST_F(AddFeaturesTest, AFileThatAnotherModalityUsesIsLeftAlone) {
  std::string json = read_bytes(path_ + "/corpus.json");
  const std::string name = "features/" + corpus_.features[0].modality + ".safetensors";
  json.replace(json.find(name), name.size(), "features/speech.safetensors");
  std::filesystem::rename(path_ + "/" + name, path_ + "/features/speech.safetensors");
  write_bytes(path_ + "/corpus.json", json);

  const auto refused = add_features(wanted());

  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("features/speech.safetensors holds the features of"));
  EXPECT_TRUE(load_corpus(path_));
}

TEST_F(AddFeaturesTest, WaitsForNobodyWhoWritesThere) {
  const auto held = FeatureLock::acquire(path_);

  const auto refused = add_features(wanted());

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::busy);
}

TEST_F(AddFeaturesTest, NamesThatAreNoFileNamesAreRefused) {
  for (const char* name : {"", "a/b", "../a", ".a", "a b", "ä"}) {
    FeaturesToAdd bad = wanted();
    bad.modality = name;
    EXPECT_THAT(add_features(bad).error().message, HasSubstr("expected letters, digits, - and _"));
  }
}

TEST_F(AddFeaturesTest, AFolderThatIsNoCorpusStaysAsItIs) {
  std::filesystem::create_directory(folder_.file("empty"));

  EXPECT_FALSE(add_features({folder_.file("empty"), "speech", file_}));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.file("empty")));
}

}  // namespace
}  // namespace mer::data
