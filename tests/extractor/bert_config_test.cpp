#include "worker/extractor/bert_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace mer::extractor::bert {
namespace {

using testing::HasSubstr;

nlohmann::json base() {
  return {{"model_type", "bert"},      {"hidden_size", 768},   {"num_hidden_layers", 12},
          {"num_attention_heads", 12}, {"vocab_size", 30522},  {"intermediate_size", 3072},
          {"type_vocab_size", 2},      {"hidden_act", "gelu"}, {"max_position_embeddings", 512},
          {"layer_norm_eps", 1e-12},   {"use_cache", true},    {"position_embedding_type", "absolute"}};
}

TEST(BertConfigTest, TheModelsSizesAreRead) {
  const auto config = parse_model_config(base().dump(), "config.json");

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->hidden, 768);
  EXPECT_EQ(config->layers, 12);
  EXPECT_EQ(config->heads, 12);
  EXPECT_EQ(config->intermediate, 3072);
  EXPECT_EQ(config->vocabulary, 30522);
  EXPECT_EQ(config->token_types, 2);
  EXPECT_EQ(config->positions, 512);
  EXPECT_EQ(config->activation, Activation::gelu);
  EXPECT_EQ(config->epsilon, 1e-12);
}

std::string problem_with(const char* key, const nlohmann::json& value) {
  nlohmann::json object = base();
  if (value == "absent") {
    object.erase(key);
  } else {
    object[key] = value;
  }
  const auto config = parse_model_config(object.dump(), "m/config.json");
  return config ? "taken" : config.error().message;
}

TEST(BertConfigTest, WhatIsComputedOtherwiseOrNotSaidIsAnError) {
  EXPECT_THAT(problem_with("model_type", "roberta"),
              HasSubstr("m/config.json: \"model_type\" is \"roberta\", expected \"bert\""));
  EXPECT_THAT(problem_with("model_type", "absent"), HasSubstr("has no \"model_type\""));
  EXPECT_THAT(problem_with("position_embedding_type", "relative_key"), HasSubstr("expected \"absolute\""));
  EXPECT_THAT(problem_with("is_decoder", true), HasSubstr("\"is_decoder\" is true, expected false"));
  EXPECT_THAT(problem_with("hidden_act", "silu"), HasSubstr("expected \"gelu\", \"gelu_new\" or \"relu\""));
  EXPECT_THAT(problem_with("hidden_size", "absent"), HasSubstr("has no \"hidden_size\", expected an integer"));
  EXPECT_THAT(problem_with("hidden_size", 0), HasSubstr("\"hidden_size\" is 0"));
  EXPECT_THAT(problem_with("hidden_size", 768.5), HasSubstr("\"hidden_size\" is 768.5"));
  EXPECT_THAT(problem_with("num_hidden_layers", 1e9), HasSubstr("\"num_hidden_layers\" is"));
  EXPECT_THAT(problem_with("num_attention_heads", 5), HasSubstr("a divisor of \"hidden_size\", 768"));
  EXPECT_THAT(problem_with("max_position_embeddings", 2), HasSubstr("expected 3 or more"));
  EXPECT_THAT(problem_with("layer_norm_eps", "1"), HasSubstr("\"layer_norm_eps\" is \"1\""));
  EXPECT_EQ(problem_with("position_embedding_type", "absent"), "taken");
  EXPECT_FALSE(parse_model_config("[]", "config.json"));
  EXPECT_FALSE(parse_model_config("{", "config.json"));
}

TEST(BertConfigTest, AccentsAreStrippedWithCapitalsUnlessTheConfigSaysOtherwise) {
  const auto normalisation = [](const char* text) { return parse_tokenizer_config(text, "t.json")->normalisation; };

  EXPECT_TRUE(normalisation("{}").lower_case);
  EXPECT_TRUE(normalisation("{}").strip_accents);
  EXPECT_TRUE(normalisation("{}").split_chinese);
  EXPECT_FALSE(normalisation(R"({"do_lower_case":false,"strip_accents":null})").strip_accents);
  EXPECT_TRUE(normalisation(R"({"do_lower_case":false,"strip_accents":true})").strip_accents);
  EXPECT_FALSE(normalisation(R"({"do_lower_case":true,"strip_accents":false})").strip_accents);
  EXPECT_FALSE(normalisation(R"({"tokenize_chinese_chars":false})").split_chinese);
}

TEST(BertConfigTest, TokensAreNamedByTextOrByObject) {
  const auto config = parse_tokenizer_config(
      R"({"unk_token":"<u>","mask_token":{"content":"<m>","lstrip":false},"added_tokens_decoder":{"0":{"content":"<u>"}}})",
      "t.json");

  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->unknown, "<u>");
  EXPECT_EQ(config->mask, "<m>");
  EXPECT_EQ(config->begin, "[CLS]");
}

TEST(BertConfigTest, AnotherTokenizerIsAnError) {
  const auto problem = [](const char* text) {
    const auto config = parse_tokenizer_config(text, "t.json");
    return config ? "taken" : config.error().message;
  };
  EXPECT_THAT(problem(R"({"tokenizer_class":"RobertaTokenizer"})"), HasSubstr("expected \"BertTokenizer\""));
  EXPECT_THAT(problem(R"({"do_lower_case":1})"), HasSubstr("\"do_lower_case\" is 1"));
  EXPECT_THAT(problem(R"({"cls_token":""})"), HasSubstr("the text of a token"));
  EXPECT_THAT(problem(R"({"added_tokens_decoder":{"9":{"content":"<laugh>"}}})"), HasSubstr("\"<laugh>\""));
}

}  // namespace
}  // namespace mer::extractor::bert
