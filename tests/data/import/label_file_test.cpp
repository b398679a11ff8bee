#include "data/import/label_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::data {
namespace {

using testing::HasSubstr;

TEST(LabelFileTest, HasALabelForEachUtterance) {
  const LabelFile labels = parse_label_file("utterance,label\nu1,hap\nu2,\n", "labels.csv").value();

  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels.at("u1").label, "hap");
  EXPECT_EQ(labels.at("u2").label, "");
  EXPECT_EQ(labels.at("u2").line, 3U);
}

TEST(LabelFileTest, AnUtteranceStandsOnce) {
  EXPECT_THAT(parse_label_file("utterance,label\nu1,hap\nu1,sad\n", "labels.csv").error().message,
              HasSubstr("labels.csv:3: utterance \"u1\" stands in line 2 too"));
}

TEST(LabelFileTest, AnotherHeaderIsRefused) {
  EXPECT_THAT(parse_label_file("id,label\nu1,hap\n", "labels.csv").error().message, HasSubstr("labels.csv:1"));
  EXPECT_EQ(read_label_file("/absent.csv").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace mer::data
