#include "data/feature_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <unistd.h>

#include "core/host_name.hpp"
#include "tests/support/temp_dir.hpp"

namespace mer::data {
namespace {

TEST(FeatureLockTest, TheSecondIsToldWhoHoldsIt) {
  const testing_support::TempDir folder;
  std::optional<FeatureLock> first = FeatureLock::acquire(folder.path().string()).value();

  const Result<FeatureLock> second = FeatureLock::acquire(folder.path().string());

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::busy);
  EXPECT_THAT(second.error().message,
              testing::HasSubstr("by process " + std::to_string(::getpid()) + " on " + host_name() + ";"));
  first.reset();
  EXPECT_TRUE(FeatureLock::acquire(folder.path().string()));
}

}  // namespace
}  // namespace mer::data
