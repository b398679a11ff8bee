#include "cli/screen.hpp"

#include <gtest/gtest.h>
#include <string>

namespace mer::cli {
namespace {

TEST(FittedTest, LeavesATextThatFitsAsItIs) {
  EXPECT_EQ(fitted("one\n\ntwo\n", {4, 80}), "one\n\ntwo\n");
}

TEST(FittedTest, CountsTheLinesThatHaveNoRoom) {
  EXPECT_EQ(fitted("1\n2\n3\n4\n5\n", {5, 80}), "1\n2\n3\n... 2 more lines\n");
}

TEST(FittedTest, CutsLongLinesBetweenCharacters) {
  EXPECT_EQ(fitted("0.75 ± 0.02\nshort\n", {24, 6}), "0.75 ±\nshort\n");
  EXPECT_EQ(fitted("123456\n1234567\n", {24, 6}), "123456\n123456\n");
}

TEST(FittedTest, StaysWithinAnyWindow) {
  std::string text;
  for (int line = 0; line < 100; ++line) text += std::string(std::size_t(line), 'x') + "\n";
  for (const int rows : {1, 2, 24, 50}) {
    const std::string shown = fitted(text, {rows, 10});

    EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), std::max(rows - 1, 1)) << rows;
  }
}

TEST(DrawnTest, ErasesWhatWasThereBefore) {
  EXPECT_EQ(drawn("a\nb\n", true), "\033[H\033[2Ja\033[K\nb\033[K\n\033[J");
  EXPECT_EQ(drawn("a\n", false), "\033[Ha\033[K\n\033[J");
}

}  // namespace
}  // namespace mer::cli
