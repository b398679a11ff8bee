#include "core/utf8.hpp"

#include <gtest/gtest.h>
#include <string>

namespace mer {
namespace {

TEST(Utf8, WholeCharactersThatAreNoLongerThanTheyHaveToBe) {
  for (const char* good : {"", "abc", "é", "漢", "😀", "\xF4\x8F\xBF\xBF"}) EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80",
        "\xE6\xBC"
        "a"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(Utf8, ACodePointIsWrittenInOneToFourBytes) {
  std::string text;
  for (const char32_t point : {0x41, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF}) append_utf8(text, point);
  EXPECT_EQ(text, "A\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
  EXPECT_TRUE(is_utf8(text));
}

}  // namespace
}  // namespace mer
