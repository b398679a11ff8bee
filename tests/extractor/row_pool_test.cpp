#include "worker/extractor/row_pool.hpp"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace mer::extractor {
namespace {

bool go_on(PoolState) {
  return true;
}

TEST(RowPoolTest, EachRowIsWorkedOnOnce) {
  for (const int jobs : {1, 3, 200}) {
    std::vector<std::atomic<int>> times(100);
    PoolState last;

    for_each_row(
        100, jobs, [&](std::size_t row) { return ++times[row], true; },
        [&](PoolState state) { return last = state, true; });

    EXPECT_THAT(std::vector<int>(times.begin(), times.end()), testing::Each(1)) << jobs;
    EXPECT_EQ(last.done, 100U);
    EXPECT_EQ(last.running, 0U);
  }
}

TEST(RowPoolTest, ATableWithoutRowsIsDoneAtOnce) {
  for_each_row(
      0, 4, [](std::size_t) { return false; }, go_on);
}

TEST(RowPoolTest, NothingIsBegunOnceWorkHasFailed) {
  std::atomic<std::size_t> begun = 0;

  for_each_row(
      1000, 2, [&](std::size_t row) { return ++begun, row != 10; }, go_on);

  EXPECT_GE(begun, 11U);
  EXPECT_LT(begun, 1000U);
}

TEST(RowPoolTest, NothingIsBegunOnceTheWatchHasHadEnough) {
  std::atomic<bool> enough = false;
  std::atomic<std::size_t> begun = 0;

  for_each_row(
      1'000'000, 2,
      [&](std::size_t) {
        ++begun;
        enough.wait(false);
        return true;
      },
      [&](PoolState) {
        enough = true;
        enough.notify_all();
        return false;
      });

  EXPECT_LT(begun, 1'000'000U);
}

}  // namespace
}  // namespace mer::extractor
