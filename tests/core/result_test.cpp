#include "core/result.hpp"

#include <gtest/gtest.h>

#include "core/exit_code.hpp"

namespace mer {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return invalid("odd: " + std::to_string(value));
  return value / 2;
}

Result<int> quarter(int value) {
  MER_ASSIGN(const int once, half(value));
  MER_ASSIGN(const int twice, half(once));
  return twice;
}

Status check_even(int value) {
  MER_TRY(half(value));
  return {};
}

TEST(ResultTest, ValuesPassThrough) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_TRUE(check_even(2).ok());
}

TEST(ResultTest, TheFirstErrorLeavesTheFunction) {
  EXPECT_EQ(quarter(6).error().message, "odd: 3");
  EXPECT_EQ(check_even(3).error(), invalid("odd: 3"));
}

TEST(ResultDeathTest, AValueThatIsNotThereEndsTheProcess) {
  const Result<int> failed = half(1);

  EXPECT_DEATH((void)failed.value(), "odd: 1");
}

TEST(ResultTest, RetryableIsAPropertyOfTheCode) {
  EXPECT_TRUE(retryable(ErrorCode::busy));
  EXPECT_TRUE(retryable(ErrorCode::no_space));
  EXPECT_FALSE(retryable(ErrorCode::invalid));
  EXPECT_FALSE(retryable(ErrorCode::stale));
}

TEST(ResultTest, EveryCodeHasANameAndAnExitCode) {
  EXPECT_STREQ(name_of(ErrorCode::not_found), "not_found");
  EXPECT_EQ(exit_code_of(ErrorCode::invalid), ExitCode::usage);
  EXPECT_EQ(exit_code_of(ErrorCode::busy), ExitCode::unreachable);
  EXPECT_EQ(exit_code_of(ErrorCode::internal), ExitCode::internal);
}

}  // namespace
}  // namespace mer
