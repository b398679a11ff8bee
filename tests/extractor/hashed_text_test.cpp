#include "worker/extractor/hashed_text.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace mer::extractor {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(HashedTextTest, WordsAreRunsOfLettersAndDigitsInLowerCase) {
  EXPECT_THAT(*words_of("I don't KNOW_it, 2x…"), ElementsAre("i", "don", "t", "know_it", "2x"));
  EXPECT_THAT(*words_of("Ärger über ÖL"), ElementsAre("ärger", "über", "öl"));
  EXPECT_THAT(*words_of(" ... "), IsEmpty());
}

TEST(HashedTextTest, BytesThatAreNoUtf8AreRefused) {
  const auto words = words_of("caf\xE9");

  ASSERT_FALSE(words);
  EXPECT_THAT(words.error().message, HasSubstr("not UTF-8"));
}

TEST(HashedTextTest, ATextWithoutWordsIsZeros) {
  EXPECT_THAT(hashed_counts({}, 16), Each(0.0F));
}

// tests/golden/extractor/features.json is made by tools/oracles/make_features.py.
TEST(HashedTextTest, EqualsScikitLearnsHashingVectorizer) {
  std::ifstream file(MER_SOURCE_DIR "/tests/golden/extractor/features.json");
  const auto golden = nlohmann::json::parse(file);
  ASSERT_GE(golden["texts"].size(), 10U);

  const auto method = make_hashed_text();
  for (const auto& expected : golden["texts"]) {
    const std::string text = expected["text"];

    const Result<std::vector<float>> features = method->features(text);

    ASSERT_TRUE(features) << features.error().message;
    ASSERT_EQ(features->size(), 1024U);
    for (std::size_t i = 0; i < features->size(); ++i) {
      EXPECT_EQ((*features)[i], float(expected["hash"].value(std::to_string(i), 0.0))) << text << ' ' << i;
    }
  }
}

}  // namespace
}  // namespace mer::extractor
