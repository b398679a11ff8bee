#include "tests/extractor/bert_cases.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "core/json.hpp"

namespace mer::extractor::bert {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

nlohmann::json json_of(const std::string& path) {
  return nlohmann::json::parse(text_of(path));
}

Tokenizer tokenizer_of(const std::string& vocabulary, const nlohmann::json& settings, std::size_t most) {
  return *Tokenizer::make(*Vocabulary::parse(text_of(vocabulary), vocabulary),
                          *parse_tokenizer_config(settings.dump(), "settings"), most, vocabulary);
}

void expect_tokens(const Tokenizer& tokenizer, const nlohmann::json& texts, const nlohmann::json& expected) {
  ASSERT_EQ(expected["ids"].size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string text = texts[i];

    EXPECT_EQ(joined(words_of(text, tokenizer.config().normalisation)), expected["words"][i].get<std::string>()) << i;
    EXPECT_EQ(tokenizer.ids(text), expected["ids"][i].get<std::vector<TokenId>>()) << i << ": " << texts[i].dump();
  }
}

}  // namespace mer::extractor::bert
