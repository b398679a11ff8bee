#include "storage/trial_log.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "core/log_pointer.hpp"
#include "tests/support/temp_dir.hpp"

namespace mer::storage {
namespace {

TrialDetail trial_with(const std::vector<int>& attempts) {
  TrialDetail trial;
  trial.spec.id.hex = "0123456789abcdef0123456789abcdef";
  for (const int number : attempts) {
    AttemptRow row;
    row.attempt = number;
    row.outcome = "running";
    trial.attempts.push_back(row);
  }
  return trial;
}

std::string refusal(const TrialDetail& trial, int number) {
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
  AttemptRow row = trial_with({2}).attempts.front();
  EXPECT_EQ(standing_text(row), "attempt 2 is running");

  row.outcome = "lost";
  EXPECT_EQ(standing_text(row), "attempt 2 was lost");
  row.outcome = "finished";
  EXPECT_EQ(standing_text(row), "attempt 2 finished");
  row.outcome = "failed";
  row.failure = Failure{Failure::Kind::exit, 3, "trainer exited with status 3", ""};
  EXPECT_EQ(standing_text(row), "attempt 2 failed: trainer exited with status 3");
}

constexpr std::size_t kAll = 1000;

class TrialLogTest : public testing::Test {
 protected:
  TrialLogTest() { std::filesystem::create_directories(folder_.path() / "logs/a"); }

  std::filesystem::path path_of(const std::string& name) const { return folder_.path() / "logs/a" / name; }
  void print(const std::string& name, const std::string& text) const {
    std::ofstream(path_of(name), std::ios::app) << text;
  }

  testing_support::TempDir folder_;
};

TEST_F(TrialLogTest, ReadsWhatIsThereAndThenWhatIsNew) {
  TrialLog log(folder_.path(), path_of("1.log"));
  print("1.log", "one\n");
  EXPECT_EQ(log.read(0, kAll).value(), "one\n");
  print("1.log", "two\nthr");

  EXPECT_EQ(log.read(4, kAll).value(), "two\nthr");
  EXPECT_EQ(log.read(11, kAll).value(), "");
  EXPECT_EQ(log.read(999, kAll).value(), "");
  EXPECT_EQ(log.pointed(), "");
}

TEST_F(TrialLogTest, ReadsNoMoreThanIsWanted) {
  TrialLog log(folder_.path(), path_of("1.log"));
  print("1.log", "one\ntwo\n");

  EXPECT_EQ(log.read(0, 3).value(), "one");
  EXPECT_EQ(log.read(3, 3).value(), "\ntw");
}

TEST_F(TrialLogTest, ReadsTheLogThatItPointsTo) {
  TrialLog log(folder_.path(), path_of("2.log"));
  print("1.log", "one\n");
  print("2.log", "");
  EXPECT_EQ(log.read(0, kAll).value(), "");
  print("2.log", log_pointer("logs/a/1.log") + "\n");
  EXPECT_EQ(log.read(0, kAll).value(), "one\n");
  print("1.log", "two\n");

  EXPECT_EQ(log.read(4, kAll).value(), "two\n");
  EXPECT_EQ(log.pointed(), "logs/a/1.log");
}

TEST_F(TrialLogTest, FollowsThePointerFromTheMiddleToo) {
  TrialLog log(folder_.path(), path_of("2.log"));
  print("1.log", "one\n");
  print("2.log", log_pointer("logs/a/1.log") + "\n");

  EXPECT_EQ(log.read(2, kAll).value(), "e\n");
}

TEST_F(TrialLogTest, GoesInNoCircle) {
  TrialLog log(folder_.path(), path_of("1.log"));
  print("1.log", log_pointer("logs/a/1.log") + "\n");

  EXPECT_EQ(log.read(0, kAll).value(), log_pointer("logs/a/1.log") + "\n");
}

TEST_F(TrialLogTest, WhatIsNotThereIsNotFoundUntilItIs) {
  TrialLog log(folder_.path(), path_of("1.log"));

  const auto refused = log.read(0, kAll);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
  EXPECT_NE(refused.error().message.find(path_of("1.log").string()), std::string::npos);
  print("1.log", "one\n");
  EXPECT_EQ(log.read(0, kAll).value(), "one\n");
}

TEST_F(TrialLogTest, APointerToWhatIsNotThereIsNotFoundUntilItIs) {
  TrialLog log(folder_.path(), path_of("2.log"));
  print("2.log", log_pointer("logs/a/1.log") + "\n");

  EXPECT_EQ(log.read(0, kAll).error().code, ErrorCode::not_found);
  print("1.log", "one\n");
  EXPECT_EQ(log.read(0, kAll).value(), "one\n");
}

TEST_F(TrialLogTest, WhatIsNoFileCannotBeRead) {
  TrialLog log(folder_.path(), folder_.path() / "logs/a");

  EXPECT_EQ(log.read(0, kAll).error().code, ErrorCode::io);
}

class LogPartTest : public testing::Test {
 protected:
  void print(int attempt, const std::string& text) const {
    const auto file = store_.log_file(trial_.spec.id, attempt);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::app) << text;
  }

  testing_support::TempDir folder_;
  StoreDir store_ = StoreDir::create(folder_.path() / "store").value();
  TrialDetail trial_ = trial_with({1, 2});
};

TEST_F(LogPartTest, IsOfTheNewestAttemptOrOfTheOneAskedFor) {
  print(1, "first\n");
  print(2, "second\n");

  EXPECT_EQ(log_part(store_, trial_, 0, 0, kAll).value(), "second\n");
  EXPECT_EQ(log_part(store_, trial_, 1, 2, 2).value(), "rs");
  EXPECT_EQ(log_part(store_, trial_, 3, 0, kAll).error().code, ErrorCode::not_found);
}

TEST_F(LogPartTest, OfAnAttemptThatHasJustBegunIsEmpty) {
  EXPECT_EQ(log_part(store_, trial_, 0, 0, kAll).value(), "");
}

TEST_F(LogPartTest, NoErrorNamesAPath) {
  trial_.attempts.front().outcome = "lost";
  std::filesystem::create_directories(store_.log_file(trial_.spec.id, 2));

  const Error gone = log_part(store_, trial_, 1, 0, kAll).error();
  const Error unreadable = log_part(store_, trial_, 2, 0, kAll).error();

  EXPECT_EQ(gone.code, ErrorCode::not_found);
  EXPECT_EQ(gone.message, "attempt 1 was lost, and its log is gone: was it removed, or is it on another machine?");
  EXPECT_EQ(unreadable.code, ErrorCode::io);
  EXPECT_EQ(unreadable.message, "the log cannot be read");
}

}  // namespace
}  // namespace mer::storage
