#include "tests/extractor/bert_cases.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>

#include "core/json.hpp"

namespace mer::extractor::bert {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

constexpr double kTolerance = 1e-4;

double difference(const Result<std::vector<float>>& features, const nlohmann::json& expected) {
  if (!features || features->size() != expected.size()) return INFINITY;
  double most = 0;
  for (std::size_t i = 0; i < features->size(); ++i) {
    most = std::max(most, std::abs(double((*features)[i]) - expected[i].get<double>()));
  }
  return most;
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

void expect_features(const Method& method, const nlohmann::json& expected) {
  const auto texts = expected["texts"].get<std::vector<std::string>>();
  const auto together = method.features_of(texts);
  ASSERT_EQ(together.size(), texts.size());
  double most = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (const double each :
         {difference(together[i], expected["means"][i]), difference(method.features(texts[i]), expected["means"][i])}) {
      EXPECT_LT(each, kTolerance) << i << ": " << expected["texts"][i].dump();
      most = std::max(most, each);
    }
  }
  testing::Test::RecordProperty("largest_difference", std::to_string(most));
}

}  // namespace mer::extractor::bert
