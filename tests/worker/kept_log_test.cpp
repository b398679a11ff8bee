#include "worker/kept_log.hpp"

#include <gtest/gtest.h>
#include <string>

namespace mer::worker {
namespace {

constexpr const char* kFull = "[mer: this log is full; the last lines of what follows are written at its end]\n";

// What a file would hold in the end.
std::string written(KeptLog& log, std::initializer_list<std::string> pieces) {
  std::string file;
  for (const std::string& piece : pieces) file += log.take(piece);
  return file + log.ending();
}

TEST(KeptLogTest, UpToItsLimitEverythingIsWrittenAtOnceAndNothingAtTheEnd) {
  KeptLog log({.beginning = 12, .end = 6});

  EXPECT_EQ(log.take("one\n"), "one\n");
  EXPECT_EQ(log.take("two\nthr\n"), "two\nthr\n");
  EXPECT_EQ(log.take(""), "");
  EXPECT_EQ(log.ending(), "");
}

TEST(KeptLogTest, ALittleAboveItsLimitNothingIsLeftOut) {
  KeptLog log({.beginning = 8, .end = 8});

  EXPECT_EQ(log.take("one\ntwo\n"), "one\ntwo\n");
  EXPECT_EQ(log.take("three\n"), kFull);
  EXPECT_EQ(log.take("4\n"), "");
  EXPECT_EQ(log.ending(), "three\n4\n");
}

TEST(KeptLogTest, FarAboveItsLimitTheLastWholeLinesFollowTheCountOfWhatIsLeftOut) {
  KeptLog log({.beginning = 8, .end = 11});

  EXPECT_EQ(written(log, {"one\ntwo\n", "three\n", "four\n", "five\n", "six\n"}),
            std::string("one\ntwo\n") + kFull + "[mer: 11 bytes are left out here]\nfive\nsix\n");
}

TEST(KeptLogTest, ALineThatIsCutByTheLimitIsEnded) {
  KeptLog in_one({.beginning = 6, .end = 6});
  KeptLog in_two({.beginning = 6, .end = 6});

  EXPECT_EQ(in_one.take("one\ntwo\n"), std::string("one\ntw\n") + kFull);
  in_two.take("one\ntw");
  EXPECT_EQ(in_two.take("o\n"), std::string("\n") + kFull);
  EXPECT_EQ(in_one.ending(), "o\n");
  EXPECT_EQ(in_two.ending(), "o\n");
}

TEST(KeptLogTest, TextWithoutLinesKeepsItsEnd) {
  KeptLog log({.beginning = 2, .end = 4});

  EXPECT_EQ(written(log, {"0123456789"}), std::string("01\n") + kFull + "[mer: 4 bytes are left out here]\n6789");
}

TEST(KeptLogTest, EveryByteIsWrittenOrCountedHoweverItComes) {
  std::string text;
  for (int line = 0; line < 200; ++line) text += "line " + std::to_string(line) + "\n";
  for (const std::size_t piece : {1U, 3U, 64U, 5000U}) {
    KeptLog log({.beginning = 100, .end = 60});
    std::string file;
    for (std::size_t at = 0; at < text.size(); at += piece) file += log.take(text.substr(at, piece));
    file += log.ending();

    const std::size_t count = file.find("[mer: ", file.find(kFull) + 1);
    ASSERT_NE(count, std::string::npos);
    const std::string end = file.substr(file.find('\n', count) + 1);
    EXPECT_EQ(file.substr(0, 100), text.substr(0, 100));
    EXPECT_TRUE(text.ends_with(end));
    EXPECT_GT(end.size(), 60U - sizeof("line 199"));
    EXPECT_EQ(std::stoul(file.substr(count + 6)), text.size() - 100 - end.size());
  }
}

TEST(KeptLogTest, LastLinesAreWhole) {
  KeptLog log({.beginning = 100, .end = 100});
  log.take("first line\nsecond line\n");
  log.take("third line\n");

  EXPECT_EQ(log.last_lines(25), "second line\nthird line\n");
  EXPECT_EQ(log.last_lines(), "first line\nsecond line\nthird line\n");
  EXPECT_EQ(KeptLog({}).last_lines(), "");
}

TEST(KeptLogTest, LastLinesAreThoseBeyondTheLimitToo) {
  KeptLog log({.beginning = 4, .end = 12});
  for (int line = 100; line < 1000; ++line) log.take(std::to_string(line) + "\n");

  EXPECT_EQ(log.last_lines(9), "998\n999\n");
}

}  // namespace
}  // namespace mer::worker
