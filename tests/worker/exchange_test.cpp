#include "worker/exchange.hpp"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "tests/support/wait_until.hpp"

namespace mer::worker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(ExchangeTest, BothSidesGetEverythingInOrder) {
  Exchange<int, int> exchange;
  std::thread doubles([&] {
    for (auto number = exchange.next(60s); number; number = exchange.next(60s)) exchange.put(2 * *number);
  });
  std::vector<int> results;

  for (const int number : {1, 2, 3}) exchange.give(number);
  EXPECT_TRUE(testing_support::wait_until([&] {
    for (const int result : exchange.take()) results.push_back(result);
    return results.size() == 3;
  }));
  exchange.close();
  doubles.join();

  EXPECT_THAT(results, ElementsAre(2, 4, 6));
}

TEST(ExchangeTest, ThreadWaitsWhileTheLoopTakesNothing) {
  Exchange<int, int> exchange;
  std::atomic<int> put = 0;
  std::thread producer([&] {
    for (int i = 0; i < 5; ++i, ++put) exchange.put(i, 2);
  });
  EXPECT_TRUE(testing_support::wait_until([&] { return put == 2; }));
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(put, 2);

  EXPECT_THAT(exchange.take(), ElementsAre(0, 1));
  EXPECT_TRUE(testing_support::wait_until([&] { return put == 4; }));
  exchange.close();
  producer.join();

  EXPECT_TRUE(exchange.closed());
  EXPECT_EQ(put, 5) << "nobody waits any longer";
}

TEST(ExchangeTest, NothingComesInTimeOrAfterTheEnd) {
  Exchange<int, int> exchange;
  EXPECT_EQ(exchange.next(1ms), std::nullopt);

  exchange.give(1);
  exchange.close();

  EXPECT_EQ(exchange.next(60s), std::nullopt);
}

}  // namespace
}  // namespace mer::worker
