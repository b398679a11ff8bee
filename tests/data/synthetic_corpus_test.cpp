#include "data/synthetic_corpus.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Corpus& preset(const std::string& name) {
  static std::map<std::string, Corpus> made;
  const auto found = made.find(name);
  return found != made.end() ? found->second : made.emplace(name, make_synthetic(name, 1).value()).first->second;
}

std::map<std::string, int> class_counts(const Corpus& corpus, const std::string& speaker = "") {
  std::map<std::string, int> counts;
  for (const Utterance& utterance : corpus.utterances) {
    if (speaker.empty() || utterance.speaker == speaker) ++counts[corpus.labels[std::size_t(utterance.label)]];
  }
  return counts;
}

std::vector<std::size_t> sorted_lengths(const Corpus& corpus) {
  std::vector<std::size_t> lengths;
  for (const Dialogue& dialogue : corpus.dialogues) lengths.push_back(dialogue.rows.size());
  std::ranges::sort(lengths);
  return lengths;
}

// Every session has two speakers, and each speaker has every class about as often as the others have it.
void expect_even(const Corpus& corpus, std::size_t sessions) {
  std::map<std::string, std::set<std::string>> speakers;
  for (const Utterance& utterance : corpus.utterances) speakers[utterance.session].insert(utterance.speaker);
  EXPECT_EQ(speakers.size(), sessions);
  const auto total = class_counts(corpus);
  for (const auto& [session, pair] : speakers) {
    EXPECT_EQ(pair.size(), 2U) << session;
    for (const std::string& speaker : pair) {
      const auto counts = class_counts(corpus, speaker);
      for (const auto& [label, count] : total) {
        const double even = double(count) / double(2 * sessions);
        EXPECT_NEAR(counts.at(label), even, even * 0.4) << speaker << " " << label;
      }
    }
  }
}

double persistence(const Corpus& corpus) {
  int same = 0, pairs = 0;
  for (const Dialogue& dialogue : corpus.dialogues) {
    for (std::size_t i = 1; i < dialogue.rows.size(); ++i, ++pairs) {
      same += corpus.utterances[dialogue.rows[i]].label == corpus.utterances[dialogue.rows[i - 1]].label;
    }
  }
  return double(same) / pairs;
}

TEST(SyntheticCorpusTest, IemocapHasTheShapeOfThePaper) {
  const Corpus& corpus = preset("iemocap");

  EXPECT_EQ(corpus.utterances.size(), 5531U);
  EXPECT_EQ(class_counts(corpus),
            (std::map<std::string, int>{{"happy", 1636}, {"angry", 1103}, {"sad", 1084}, {"neutral", 1708}}));
  const auto lengths = sorted_lengths(corpus);
  EXPECT_EQ(lengths.size(), 151U);
  EXPECT_THAT((std::vector{lengths.front(), lengths[75], lengths.back()}), ElementsAre(5, 37, 110));
  EXPECT_EQ(corpus.find("audio")->dim, 6373);
  EXPECT_EQ(corpus.find("text")->dim, 768);
  expect_even(corpus, 5);
}

TEST(SyntheticCorpusTest, MspImprovHasTheShapeOfThePaper) {
  const Corpus& corpus = preset("msp-improv");

  EXPECT_EQ(corpus.utterances.size(), 3819U);
  EXPECT_EQ(class_counts(corpus),
            (std::map<std::string, int>{{"happy", 999}, {"angry", 460}, {"sad", 627}, {"neutral", 1733}}));
  const auto lengths = sorted_lengths(corpus);
  EXPECT_EQ(lengths.size(), 640U);
  EXPECT_THAT((std::vector{lengths.front(), lengths[319], lengths[320], lengths.back()}), ElementsAre(1, 5, 5, 38));
  EXPECT_EQ(corpus.find("audio")->dim, 100);
  EXPECT_EQ(corpus.find("text")->dim, 768);
  expect_even(corpus, 6);
}

TEST(SyntheticCorpusTest, LabelsPersistWithinADialogueAsInRealOnes) {
  EXPECT_NEAR(persistence(preset("msp-improv")), 0.73, 0.03);
  EXPECT_NEAR(persistence(preset("iemocap")), 0.73, 0.03);
}

// The content is the same on every machine and in every release: results on synthetic corpora can be compared.
TEST(SyntheticCorpusTest, ContentHashesAreConstants) {
  EXPECT_EQ(preset("msp-improv").id.hex, "a6550fd071a7855b5cfa2449dc4d9e62");
  EXPECT_EQ(preset("iemocap").id.hex, "b40f051e43c78406f9b8d019ef80ee61");
}

TEST(SyntheticCorpusTest, SeedChangesLabelsAndFeatures) {
  const auto other = make_synthetic("msp-improv", 2);
  ASSERT_TRUE(other);
  const Corpus& one = preset("msp-improv");

  EXPECT_NE(other->id, one.id);
  EXPECT_FALSE(std::ranges::equal(other->utterances, one.utterances, {}, &Utterance::label, &Utterance::label));
  EXPECT_FALSE(std::ranges::equal(other->features[1].values, one.features[1].values));
}

TEST(SyntheticCorpusTest, IsACorpusThatLoads) {
  const TemporaryFolder folder;
  const Corpus& corpus = preset("msp-improv");

  const Status status = write_corpus(corpus, folder.file("c"));

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(load_corpus(folder.file("c"))->id, corpus.id);
}

TEST(SyntheticCorpusTest, UnknownPresetNamesThePresets) {
  const auto corpus = make_synthetic("meld", 0);

  ASSERT_FALSE(corpus);
  EXPECT_THAT(corpus.error().message, HasSubstr(R"(no synthetic corpus "meld", there are "iemocap", "msp-improv")"));
}

// Class means of the strongest column, in spreads: the signal is there, in both modalities.
TEST(SyntheticCorpusTest, FeaturesSeparateTheClasses) {
  const Corpus& corpus = preset("msp-improv");
  for (const FeatureMatrix& features : corpus.features) {
    double strongest = 0;
    for (int column = 0; column < features.dim; ++column) {
      std::array<double, 4> sum{}, count{};
      double squares = 0, total = 0;
      for (std::size_t row = 0; row < corpus.utterances.size(); ++row) {
        const double value = features.row(row)[std::size_t(column)];
        const auto label = std::size_t(corpus.utterances[row].label);
        sum[label] += value;
        count[label] += 1;
        squares += value * value;
        total += value;
      }
      const double n = double(corpus.utterances.size()), mean = total / n;
      double between = 0;
      for (std::size_t k = 0; k < 4; ++k) between += count[k] * (sum[k] / count[k] - mean) * (sum[k] / count[k] - mean);
      strongest = std::max(strongest, between / (squares - n * mean * mean));
    }
    EXPECT_GT(strongest, 0.03) << features.modality;  // chance: about 3 / 3819 a column
  }
}

}  // namespace
}  // namespace mer::data
