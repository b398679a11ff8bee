#include "worker/extractor/bert_tokenizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "tests/extractor/bert_cases.hpp"

namespace mer::extractor::bert {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kGolden = MER_SOURCE_DIR "/tests/golden/extractor/bert";

class BertTokenizerTest : public testing::TestWithParam<const char*> {};

TEST_P(BertTokenizerTest, TokensAreThoseOfTransformers) {
  const nlohmann::json golden = json_of(kGolden + "/tokens.json");
  ASSERT_GE(golden["texts"].size(), 300U);
  const nlohmann::json& setting = golden["settings"][GetParam()];

  expect_tokens(tokenizer_of(kGolden + "/vocab.txt", setting["config"], 48), golden["texts"], setting);
}

INSTANTIATE_TEST_SUITE_P(Settings, BertTokenizerTest, testing::Values("uncased", "cased", "accents", "whole_chinese"),
                         [](const auto& setting) { return std::string(setting.param); });

Tokenizer small(const std::string& vocabulary, std::size_t most = 512) {
  return *Tokenizer::make(*Vocabulary::parse("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + vocabulary, "v"), {}, most, "v");
}

TEST(TokenizerTest, BytesThatAreNoUtf8AreLeftOut) {
  const Normalisation normalisation;

  EXPECT_THAT(words_of("caf\xE9 \xF0\x9F\x98 a\xED\xA0\x80z \xC0\x80q\xFF", normalisation),
              ElementsAre("caf", "az", "q"));
}

TEST(TokenizerTest, ATextIsCutToTheMost) {
  EXPECT_THAT(small("a\n", 4).ids("a a a a"), ElementsAre(2, 5, 5, 3));
  EXPECT_THAT(small("a\n", 4).ids("a a"), ElementsAre(2, 5, 5, 3));
  EXPECT_THAT(small("a\n", 4).ids(""), ElementsAre(2, 3));
  EXPECT_THAT(small("a\n##b\n", 4).ids("a abb"), ElementsAre(2, 5, 5, 3));
}

TEST(TokenizerTest, OfATokenThatStandsTwiceInTheVocabularyTheLastIdCounts) {
  EXPECT_THAT(small("a\nb\na").ids("a"), ElementsAre(2, 7, 3));
}

TEST(TokenizerTest, AVocabularyOfAnotherKindOfMachineIsTheSame) {
  const auto vocabulary = Vocabulary::parse("[PAD]\r\nthe\r\n##s\r\n", "vocab.txt");

  ASSERT_TRUE(vocabulary) << vocabulary.error().message;
  EXPECT_EQ(vocabulary->size(), 3U);
  EXPECT_EQ(vocabulary->find("the"), 1);
  EXPECT_EQ(vocabulary->find_inside("s"), 2);
  EXPECT_EQ(vocabulary->find("s"), std::nullopt);
}

TEST(TokenizerTest, AVocabularyThatIsNoneIsAnError) {
  const auto problem = [](std::string_view bytes) {
    const auto vocabulary = Vocabulary::parse(bytes, "vocab.txt");
    return vocabulary ? "taken" : vocabulary.error().message;
  };
  EXPECT_THAT(problem(""), HasSubstr("vocab.txt: is empty"));
  EXPECT_THAT(problem("a\nb\n\xFF\n"), HasSubstr("vocab.txt:3: the token is not UTF-8"));

  const auto tokenizer =
      Tokenizer::make(*Vocabulary::parse("[PAD]\n[UNK]\n[CLS]\n[MASK]\n", "v"), {}, 512, "vocab.txt");
  ASSERT_FALSE(tokenizer);
  EXPECT_THAT(tokenizer.error().message, HasSubstr("vocab.txt: has no token \"[SEP]\""));
}

TEST(TokenizerTest, NothingIsWordsOfNothing) {
  EXPECT_THAT(words_of("", {}), IsEmpty());
  EXPECT_THAT(words_of(" \t\xE2\x80\x8D\xEF\xBF\xBD", {}), IsEmpty());
}

}  // namespace
}  // namespace mer::extractor::bert
