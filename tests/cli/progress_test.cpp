#include "cli/progress.hpp"

#include <cstdio>
#include <gtest/gtest.h>
#include <string>

namespace mer::cli {
namespace {

// What a view wrote to a temporary stream.
class ProgressViewTest : public testing::Test {
 protected:
  ~ProgressViewTest() override { std::fclose(stream_); }

  std::string written() {
    std::fflush(stream_);
    std::string text(std::size_t(std::ftell(stream_)), '\0');
    std::rewind(stream_);
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), stream_), text.size());
    return text;
  }

  std::FILE* stream_ = std::tmpfile();
};

TEST_F(ProgressViewTest, ALogGetsOneLineForEachTrialThatEnds) {
  ProgressView view(stream_, ProgressView::Style::lines);

  view.feed(R"({"type":"progress","done":0,"running":2,"failed":0,"total":24})"
            "\n"
            R"({"type":"trial","trial":"0123456789abcdef","name":"fold-1","sta)");
  view.feed("te\":\"done\"}\n");
  view.finish();

  EXPECT_EQ(written(), "01234567  fold-1  done\n");
}

TEST_F(ProgressViewTest, ATerminalGetsOneLineThatIsRewritten) {
  ProgressView view(stream_, ProgressView::Style::terminal, 60);

  view.feed(R"({"type":"progress","done":12,"running":2,"failed":0,"total":24,"eta_s":180})"
            "\n");
  view.finish();

  const std::string text = written();
  EXPECT_NE(text.find("12/24 done, 2 running, about 3 min left"), std::string::npos) << text;
  EXPECT_EQ(text.back(), '\n');
}

TEST_F(ProgressViewTest, AFailureIsShownOnATerminalToo) {
  ProgressView view(stream_, ProgressView::Style::terminal);

  view.feed(R"({"type":"trial","trial":"0123456789abcdef","name":"fold-1","state":"failed","message":"exit status 3"})"
            "\n");

  EXPECT_NE(written().find("01234567  fold-1  failed: exit status 3\n"), std::string::npos);
}

TEST_F(ProgressViewTest, AJobThatEndsTooSoonIsNotedInEveryStyle) {
  const std::string line = R"({"type":"out_of_time","pending":3,"job_ends_in_s":600})";
  ProgressView silent(stream_, ProgressView::Style::none);
  ProgressView view(stream_, ProgressView::Style::lines);
  EXPECT_FALSE(silent.out_of_time());

  silent.feed(line + "\n");
  view.feed(line + "\n");

  EXPECT_TRUE(silent.out_of_time());
  EXPECT_TRUE(view.out_of_time());
  EXPECT_EQ(written(), "the job ends in 10 min: too soon for each of the 3 trials that are left\n");
}

TEST_F(ProgressViewTest, WorkersThatLeftSinceTheyHadNothingToDoAreNotedInEveryStyle) {
  const std::string line = R"({"type":"idle","seconds":300})";
  ProgressView silent(stream_, ProgressView::Style::none);
  ProgressView view(stream_, ProgressView::Style::lines);
  EXPECT_FALSE(view.idle());

  silent.feed(line + "\n");
  view.feed(line + "\n");

  EXPECT_TRUE(silent.idle());
  EXPECT_TRUE(view.idle());
  EXPECT_EQ(written(), "nothing to do for 5 min: these workers have left; the run goes on\n");
}

TEST_F(ProgressViewTest, ANodeThatIsExcludedIsNamed) {
  ProgressView view(stream_, ProgressView::Style::lines);

  view.feed(R"({"type":"node_excluded","node":"n3","trials":["a"],"message":"3 trials in a row failed there"})"
            "\n"
            R"({"type":"node_included","node":"n3","trials":[],"message":"trial a failed on n1 too"})"
            "\n");

  EXPECT_EQ(written(),
            "node n3 is excluded: 3 trials in a row failed there\nnode n3 is taken back: trial a failed on n1 too\n");
}

TEST_F(ProgressViewTest, WordsThatAreNoMessagePassThrough) {
  ProgressView view(stream_, ProgressView::Style::lines);

  view.feed("mpirun has something to say\n");

  EXPECT_EQ(written(), "mpirun has something to say\n");
}

TEST_F(ProgressViewTest, QuietSaysNothing) {
  ProgressView view(stream_, ProgressView::Style::none);

  view.feed("anything\n");

  EXPECT_EQ(written(), "");
}

TEST(ProgressTextTest, StaysWithinTheTerminal) {
  for (int columns : {10, 40, 80, 200}) {
    EXPECT_LE(progress_text(11999, 16, 12, 12000, 86400, columns).size(), std::size_t(columns)) << columns;
  }
}

TEST(DurationTextTest, UsesTheUnitThatAPersonWould) {
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(89), "89 s");
  EXPECT_EQ(duration_text(180), "3 min");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
}

}  // namespace
}  // namespace mer::cli
