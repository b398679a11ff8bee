#include "core/utf8.hpp"

#include <gtest/gtest.h>

namespace mer::test {
namespace {

TEST(Utf8, IsCheckedStrictly) {
  for (const char* good : {"", "abc", "é", "漢", "😀", "\xF4\x8F\xBF\xBF"}) EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80",
        "\xE6\xBC"
        "a"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace mer::test
