#include "data/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<std::vector<CsvRecord>> parse(std::string_view text) {
  return parse_csv(text, {"a", "b"}, "x.csv");
}

TEST(CsvTest, ReadsQuotedFieldsAndBothLineEnds) {
  const auto records = parse(
      "\xEF\xBB\xBF"
      "a,b\r\n1,\"x, \"\"y\"\"\n\"\n,last");

  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ((*records)[0].line, 2U);
  EXPECT_THAT((*records)[0].fields, ElementsAre("1", "x, \"y\"\n"));
  EXPECT_EQ((*records)[1].line, 4U);
  EXPECT_THAT((*records)[1].fields, ElementsAre("", "last"));
}

TEST(CsvTest, WrittenLinesReadBack) {
  const std::vector<std::vector<std::string>> rows = {{"plain", ""}, {"a,b", "\"q\""}, {"two\nlines", "ü\r\n"}};
  std::string text = csv_line({"a", "b"});
  for (const auto& row : rows) text += csv_line(row);

  const auto records = parse(text);

  ASSERT_TRUE(records) << records.error().message;
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ((*records)[i].fields, rows[i]);
}

TEST(CsvTest, ErrorsNameFileAndLine) {
  const struct {
    std::string text;
    const char* message;
  } cases[] = {
      {"", "x.csv:1: empty, expected the header \"a\", \"b\""},
      {"a,c\n", "x.csv:1: header \"a\", \"c\", expected \"a\", \"b\""},
      {"a,b\n1\n", "x.csv:2: 1 fields, expected 2"},
      {"a,b\n1,2\n\n", "x.csv:3: 1 fields"},
      {"a,b\n1,2,3\n", "x.csv:2: 3 fields"},
      {"a,b\n1,x\"y\n", "x.csv:2: a quote inside an unquoted field"},
      {"a,b\n1,\"x\"y\n", "x.csv:2: expected a comma"},
      {"a,b\n\"1\n\n,2\n", "x.csv:2: a quoted field that never ends"},
      {"a,b\n1,x\ry\n", "x.csv:2: a carriage return or NUL"},
      {std::string("a,b\n1,\0\n", 8), "x.csv:2: a carriage return or NUL"},
      {std::string("a,b\n1,\"x\0\"\n", 11), "x.csv:2: a NUL byte inside a quoted field"},
      {"a,b\n1,\xC0\x80\n", "x.csv:2: field \"\\ufffd\\ufffd\" is not UTF-8"},
  };
  for (const auto& bad : cases) {
    const auto records = parse(bad.text);

    ASSERT_FALSE(records) << bad.message;
    EXPECT_EQ(records.error().code, ErrorCode::invalid);
    EXPECT_THAT(records.error().message, HasSubstr(bad.message));
  }
}

}  // namespace
}  // namespace mer::data
