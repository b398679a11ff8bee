#include "cli/trial_log.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/log_pointer.hpp"
#include "tests/support/temp_dir.hpp"

namespace mer::cli {
namespace {

storage::TrialDetail trial_with(const std::vector<int>& attempts) {
  storage::TrialDetail trial;
  trial.spec.id.hex = "0123456789abcdef0123456789abcdef";
  for (const int number : attempts) {
    storage::AttemptRow row;
    row.attempt = number;
    row.outcome = "running";
    trial.attempts.push_back(row);
  }
  return trial;
}

std::string refusal(const storage::TrialDetail& trial, int number) {
  const auto attempt = attempt_of(trial, number);
  EXPECT_FALSE(attempt.ok());
  if (attempt.ok()) return "";
  EXPECT_EQ(attempt.error().code, ErrorCode::not_found);
  return attempt.error().message;
}

TEST(AttemptOfTest, IsTheNewestOrTheOneOfThatNumber) {
  const auto trial = trial_with({1, 2, 3});

  EXPECT_EQ(attempt_of(trial, 0)->attempt, 3);
  EXPECT_EQ(attempt_of(trial, 2)->attempt, 2);
}

TEST(AttemptOfTest, SaysWhichThereAre) {
  EXPECT_EQ(refusal(trial_with({1}), 2), "trial 01234567 has no attempt 2; there is attempt 1");
  EXPECT_EQ(refusal(trial_with({1, 2, 3}), 7), "trial 01234567 has no attempt 7; there are attempts 1 to 3");
  EXPECT_EQ(refusal(trial_with({1, 3}), 2), "trial 01234567 has no attempt 2; there are attempts 1, 3");
}

TEST(AttemptOfTest, SaysWhyATrialHasNone) {
  EXPECT_EQ(refusal(trial_with({}), 0), "trial 01234567 has no log: no attempt of it has started; it is pending");
}

TEST(StandingTextTest, SaysHowAnAttemptEnded) {
  storage::AttemptRow row = trial_with({2}).attempts.front();
  EXPECT_EQ(standing_text(row), "attempt 2 is running");

  row.outcome = "lost";
  EXPECT_EQ(standing_text(row), "attempt 2 was lost");
  row.outcome = "finished";
  EXPECT_EQ(standing_text(row), "attempt 2 finished");
  row.outcome = "failed";
  row.failure = Failure{Failure::Kind::exit, 3, "trainer exited with status 3", ""};
  EXPECT_EQ(standing_text(row), "attempt 2 failed: trainer exited with status 3");
}

class TrialLogTest : public testing::Test {
 protected:
  TrialLogTest() { std::filesystem::create_directories(folder_.path() / "logs/a"); }
  ~TrialLogTest() override { std::fclose(out_); }

  std::filesystem::path path_of(const std::string& name) const { return folder_.path() / "logs/a" / name; }
  void print(const std::string& name, const std::string& text) const {
    std::ofstream(path_of(name), std::ios::app) << text;
  }
  // All that was copied to it.
  std::string copied() {
    std::string text(std::size_t(std::ftell(out_)), '\0');
    std::rewind(out_);
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), out_), text.size());
    return text;
  }

  testing_support::TempDir folder_;
  std::FILE* out_ = std::tmpfile();
};

TEST_F(TrialLogTest, CopiesWhatIsThereAndThenWhatIsNew) {
  TrialLog log(folder_.path(), path_of("1.log"));
  print("1.log", "one\n");
  ASSERT_TRUE(log.copy_to(out_).ok());
  EXPECT_EQ(log.copied(), 4);
  print("1.log", "two\nthr");
  ASSERT_TRUE(log.copy_to(out_).ok());
  ASSERT_TRUE(log.copy_to(out_).ok());

  EXPECT_EQ(log.copied(), 11);
  EXPECT_EQ(log.pointed(), "");
  EXPECT_EQ(copied(), "one\ntwo\nthr");
}

TEST_F(TrialLogTest, ReadsTheLogThatItPointsTo) {
  TrialLog log(folder_.path(), path_of("2.log"));
  print("1.log", "one\n");
  print("2.log", log_pointer("logs/a/1.log") + "\n");
  ASSERT_TRUE(log.copy_to(out_).ok());
  print("1.log", "two\n");
  ASSERT_TRUE(log.copy_to(out_).ok());

  EXPECT_EQ(log.pointed(), "logs/a/1.log");
  EXPECT_EQ(copied(), "one\ntwo\n");
}

TEST_F(TrialLogTest, GoesInNoCircle) {
  TrialLog log(folder_.path(), path_of("1.log"));
  print("1.log", log_pointer("logs/a/1.log") + "\n");

  ASSERT_TRUE(log.copy_to(out_).ok());

  EXPECT_EQ(copied(), log_pointer("logs/a/1.log") + "\n");
}

TEST_F(TrialLogTest, WhatIsNotThereIsNotFoundUntilItIs) {
  TrialLog log(folder_.path(), path_of("1.log"));

  const Status refused = log.copy_to(out_);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
  EXPECT_NE(refused.error().message.find(path_of("1.log").string()), std::string::npos);
  print("1.log", "one\n");
  EXPECT_TRUE(log.copy_to(out_).ok());
  EXPECT_EQ(log.copied(), 4);
}

}  // namespace
}  // namespace mer::cli
