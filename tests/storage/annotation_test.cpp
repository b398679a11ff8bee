#include "storage/annotation.hpp"

#include <gtest/gtest.h>

#include "storage/control.hpp"

namespace mer::storage::test {
namespace {

using Words = std::vector<std::string>;

TEST(Note, IsTextOfSeveralLines) {
  for (const std::string& note : {std::string(), std::string("two\nlines"), std::string("é 漢 😀"),
                                  std::string("<b>&amp;</b> \"'"), std::string(kLongestNote, 'a')}) {
    EXPECT_TRUE(check_note(note).ok()) << note;
  }
}

TEST(Note, OfOtherBytesIsRefused) {
  for (const char* note : {"\x1b[2J", "a\r\nb", "a\tb", "\x7f",
                           "\xc2\x9b"
                           "2J",
                           "\xff", "\xc2"}) {
    EXPECT_EQ(check_note(note).error().code, ErrorCode::invalid) << note;
  }
  EXPECT_EQ(check_note(std::string("a\0b", 3)).error().code, ErrorCode::invalid);
  EXPECT_EQ(check_note(std::string(kLongestNote + 1, 'a')).error().message,
            "the note has 2001 bytes of UTF-8, at most 2000 are kept");
}

TEST(Tags, AreShortWords) {
  EXPECT_TRUE(
      check_tags({"paper", "v1.2", "table:5", "a/b", "seed=0", "C++", "9", std::string(kLongestTag, 'a')}).ok());
  for (const char* tag : {"", "-paper", "+paper", "two words", "a\n", "é", "<b>", "a,b", "=1"}) {
    EXPECT_EQ(check_tags({"paper", tag}).error().code, ErrorCode::invalid) << tag;
  }
  EXPECT_EQ(check_tags({std::string(kLongestTag + 1, 'a')}).error().code, ErrorCode::invalid);
  EXPECT_EQ(check_tags({}).error().message, "no tag is named");
}

TEST(Tags, AreTakenFromALineAndMakeOne) {
  EXPECT_EQ(words_of(" paper,baseline \t\n x "), (Words{"paper", "baseline", "x"}));
  EXPECT_EQ(words_of(" , "), Words());
  EXPECT_EQ(words_of(line_of({"a", "b"})), (Words{"a", "b"}));
}

TEST(Tags, AreSortedAndEachStandsOnce) {
  const Annotation two = with_tags({}, {"b", "a", "b"}).value();
  EXPECT_EQ(two.tags, (Words{"a", "b"}));
  EXPECT_TRUE(has_tag(two, "b"));
  EXPECT_FALSE(has_tag(two, "c"));
  EXPECT_EQ(without_tags(two, {"a", "c"}).tags, Words{"b"});
}

TEST(Tags, AreNotMoreThanCanBeShown) {
  Words most;
  for (std::size_t i = 0; i < kMostTags; ++i) most.push_back("t" + std::to_string(i));
  const Annotation full = with_tags({}, most).value();

  EXPECT_TRUE(with_tags(full, {"t3"}).ok());
  EXPECT_EQ(with_tags(full, {"one-more"}).error().message,
            "that would be 17 tags, at most 16 are kept; take one away first");
}

TEST(CheckControl, RefusesTextsThatAreNotKept) {
  const auto code = [](const Control& control) { return check_control(control).error().code; };

  EXPECT_TRUE(check_control({.verb = ControlVerb::note, .sweep = SweepId{1}, .note = "x"}).ok());
  EXPECT_TRUE(check_control({.verb = ControlVerb::untag, .trials = {{"ab"}}, .tags = {"x"}}).ok());
  EXPECT_EQ(code({.verb = ControlVerb::note, .sweep = SweepId{1}, .note = "\x1b"}), ErrorCode::invalid);
  EXPECT_EQ(code({.verb = ControlVerb::tag, .sweep = SweepId{1}, .tags = {}}), ErrorCode::invalid);
  EXPECT_EQ(code({.verb = ControlVerb::tag, .tags = {"x"}}), ErrorCode::invalid) << "of nothing";
  EXPECT_EQ(code({.verb = ControlVerb::note, .trials = {{"ab.1"}}, .note = "x"}), ErrorCode::invalid) << "superseded";
}

}  // namespace
}  // namespace mer::storage::test
