#include "data/import/text_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::data {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(TextLinesTest, KeepTheirNumbersAndLoseBlanks) {
  Findings findings;

  const auto lines = text_lines("one\n\n \t\n  two\twords  \nlast", "f", findings);

  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0].text, "one");
  EXPECT_EQ(lines[1].text, "two\twords");
  EXPECT_EQ(lines[1].number, 4U);
  EXPECT_EQ(lines[2].text, "last");
  EXPECT_THAT(findings, IsEmpty());
}

TEST(TextLinesTest, MarksAndLineEndsOfWindowsAreOddities) {
  Findings findings;

  const auto lines = text_lines("\xEF\xBB\xBFone\r\ntwo\r\n", "f", findings);

  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].text, "one");
  EXPECT_EQ(lines[1].text, "two");
  EXPECT_EQ(count_of(findings, FindingKind::byte_order_mark), 1U);
  EXPECT_EQ(count_of(findings, FindingKind::line_ends), 1U);
  EXPECT_EQ(losses_of(findings), 0U);
}

TEST(TextLinesTest, OtherEncodingsAreReadAsWindows1252AndSaid) {
  Findings findings;

  const auto lines = text_lines("fine\ncaf\xE9 \x93quoted\x94 \x81\nna\xC3\xAFve\n", "f", findings);

  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[1].text, "café “quoted” \xEF\xBF\xBD");
  EXPECT_EQ(lines[2].text, "naïve");
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].kind, FindingKind::bad_encoding);
  EXPECT_EQ(findings[0].line, 2U);
  EXPECT_THAT(text_of(findings[0]), HasSubstr("f:2: "));
  EXPECT_EQ(losses_of(findings), 1U);
}

TEST(TextLinesTest, ControlCharactersAndUtf16AreSkipped) {
  Findings findings;

  EXPECT_THAT(text_lines(std::string("a\0b\nok\n", 7), "f", findings), SizeIs(1));
  EXPECT_THAT(text_lines(std::string("\xFF\xFEo\0k\0", 6), "g", findings), IsEmpty());

  EXPECT_EQ(count_of(findings, FindingKind::broken_line), 1U);
  EXPECT_EQ(count_of(findings, FindingKind::bad_encoding), 1U);
}

}  // namespace
}  // namespace mer::data
