#include "storage/text_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

namespace mer::storage {
namespace {

TEST(TextLayoutTest, WhatATerminalObeysIsNotPrinted) {
  EXPECT_EQ(printable("a\x1b]0;x\x07z"), "a\uFFFD]0;x\uFFFDz");
  EXPECT_EQ(printable("\xC2\x9B"
                      "2J\x7F"),
            "\uFFFD2J\uFFFD")
      << "the sequence's beginning in one character";
  EXPECT_EQ(printable("one\r\n\ttwo"), "one \n two");
  EXPECT_EQ(printable(std::string("\0x", 2)), "\uFFFDx");
}

TEST(TextLayoutTest, OtherTextStaysAsItIs) {
  const std::string text = "é ± \xC2\xA0 漢字 \xF0\x9F\x98\x80 \xC2";
  EXPECT_EQ(printable(text), text);
}

TEST(TextLayoutTest, WrappedLinesArePrintable) {
  EXPECT_THAT(wrapped("a\x1b[31m b", 5), testing::ElementsAre("a\uFFFD[31m", "b"));
}

}  // namespace
}  // namespace mer::storage
