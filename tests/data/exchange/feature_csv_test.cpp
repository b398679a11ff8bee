#include "data/exchange/feature_csv.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string problem(const std::string& text) {
  const auto source = parse_feature_csv(text, "x.csv");
  return source ? "none" : source.error().message;
}

TEST(FeatureCsvTest, IdsAndNumbers) {
  const auto source = parse_feature_csv("utterance,0,1\nb,1.5,-2e-3\na,1e-60,4\n", "x.csv");

  ASSERT_TRUE(source) << source.error().message;
  EXPECT_THAT(*source->ids, ElementsAre("b", "a"));
  EXPECT_EQ(source->matrix.rows, 2U);
  EXPECT_THAT(source->matrix.values, ElementsAre(1.5F, -2e-3F, 0.0F, 4.0F));
  EXPECT_TRUE(std::isinf(parse_feature_csv("utterance,0\na,1e60\n", "x.csv")->matrix.values[0]));
  EXPECT_TRUE(std::isnan(parse_feature_csv("utterance,0\na,nan\n", "x.csv")->matrix.values[0]));
}

TEST(FeatureCsvTest, ProblemsNameLineAndColumn) {
  EXPECT_THAT(problem(""), HasSubstr("x.csv:1: empty"));
  EXPECT_THAT(problem("id,0\na,1\n"), HasSubstr("x.csv:1: the first column is \"id\", expected utterance,0,1,2"));
  EXPECT_THAT(problem("utterance,0,2\na,1,2\n"), HasSubstr("column 3 is called \"2\", expected \"1\""));
  EXPECT_THAT(problem("utterance\na\n"), HasSubstr("no features"));
  EXPECT_THAT(problem("utterance,0,1\na,1,\n"),
              HasSubstr("x.csv:2: utterance \"a\", column 1 is \"\", expected a number"));
  EXPECT_THAT(problem("utterance,0\na,1 \n"), HasSubstr("column 0 is \"1 \""));
  EXPECT_THAT(problem("utterance,0,1\na,1\n"), HasSubstr("x.csv:2: 2 fields, expected 3"));
}

TEST(FeatureCsvTest, WhatIsWrittenReadsBackToTheLastBit) {
  Corpus corpus;
  corpus.labels = {"happy", "sad"};
  corpus.utterances = {{"a", "d", 0, "s", "x", 1}, {"b,\"c\"", "d", 1, "s", "y", kNoLabel}};
  const std::vector<float> values = {0.1F, std::nextafter(0.1F, 1.0F), 0x1p-149F, -3.4028235e38F};
  corpus.features = {matrix("audio", 2, values)};

  const std::string text = feature_csv(corpus, corpus.features[0]);

  EXPECT_THAT(text, testing::StartsWith("utterance,dialogue,turn,session,speaker,label,0,1\na,d,0,s,x,sad,0.1,"));
  EXPECT_THAT(text, HasSubstr("\n\"b,\"\"c\"\"\",d,1,s,y,,1e-45,"));
  const auto source = parse_feature_csv(text, "x.csv");
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(source->matrix.values, values);
  EXPECT_THAT(*source->ids, ElementsAre("a", "b,\"c\""));
}

}  // namespace
}  // namespace mer::data
