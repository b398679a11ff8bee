#include "worker/process_times.hpp"

#include <gtest/gtest.h>
#include <string>

namespace mer::worker {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kTicks = 100;  // a second

// user 140, system 23, begun at 6036221
std::string stat(const std::string& name) {
  return "28685 (" + name +
         ") S 28684 28685 28685 0 -1 4194560 5448 57753 0 35 140 23 64 27 20 0 1 0 6036221 5255168 941 "
         "18446744073709551615 1 2 3 0 0 0 65536 4 0 1 0 0 17 0 0 0 0 0 0 1 2 3 4 5 6 7 0\n";
}

CpuSample sample(std::chrono::milliseconds at, std::map<int, ProcessTimes> processes) {
  return {std::chrono::steady_clock::time_point(at), std::move(processes)};
}

TEST(ProcessTimes, AreUserAndSystemTimeAndTheStart) {
  EXPECT_EQ(times_in_stat(stat("mer-trainer")), (ProcessTimes{163, 6036221}));
}

TEST(ProcessTimes, ANameMayHoldBlanksAndParentheses) {
  for (const std::string name : {"a b", "(sd-pam)", ") S 1 2 3 4", "a) (b", "", "new\nline"}) {
    EXPECT_EQ(times_in_stat(stat(name)), (ProcessTimes{163, 6036221})) << name;
  }
}

TEST(ProcessTimes, AnotherTextIsNone) {
  const std::string whole = stat("x");
  for (const std::string& text :
       {std::string(), std::string("1 (x"), std::string("1 (x)"), std::string("1 (x) S 1 2"),
        whole.substr(0, whole.find("6036221")), std::string("1 (x) S 1 1 1 0 -1 4 5 5 0 3 a b 6 2 2 0 1 0 60"),
        std::string("1 (x) S 1 1 1 0 -1 4 5 5 0 3 -7 0 6 2 2 0 1 0 60")}) {
    EXPECT_EQ(times_in_stat(text), std::nullopt) << text;
  }
}

TEST(ProcessTimes, ResidentPagesAreTheSecondNumber) {
  EXPECT_EQ(pages_in_statm("1283 992 742 193 0 302 0\n"), 992);
  EXPECT_EQ(pages_in_statm("1283"), std::nullopt);
  EXPECT_EQ(pages_in_statm(""), std::nullopt);
}

TEST(CoresBusy, AreTheTicksOfAllProcessesOverTheTimeThatPassed) {
  const auto before = sample(1s, {{1, {50, 7}}, {2, {1000, 8}}});
  const auto after = sample(3s, {{1, {60, 7}}, {2, {1370, 8}}});

  EXPECT_DOUBLE_EQ(cores_busy(before, after, kTicks).value(), 1.9);
}

TEST(CoresBusy, AProcessThatHasBegunSinceCountsFromItsStart) {
  const auto before = sample(0s, {{1, {50, 7}}});
  const auto after = sample(2s, {{1, {50, 7}}, {2, {100, 99}}});

  EXPECT_DOUBLE_EQ(cores_busy(before, after, kTicks).value(), 0.5);
}

TEST(CoresBusy, ANumberThatAnotherProcessHasNowIsANewProcess) {
  const auto before = sample(0s, {{1, {5000, 7}}});
  const auto after = sample(2s, {{1, {40, 99}}});

  EXPECT_DOUBLE_EQ(cores_busy(before, after, kTicks).value(), 0.2);
}

TEST(CoresBusy, OneThatHasGoneIsLeftOut) {
  const auto before = sample(0s, {{1, {50, 7}}, {2, {900, 8}}});
  const auto after = sample(2s, {{1, {70, 7}}});

  EXPECT_DOUBLE_EQ(cores_busy(before, after, kTicks).value(), 0.1);
}

TEST(CoresBusy, TimesThatGoBackAreNoNegativeCores) {
  EXPECT_EQ(cores_busy(sample(0s, {{1, {50, 7}}}), sample(2s, {{1, {49, 7}}}), kTicks), 0);
}

TEST(CoresBusy, NothingCanBeSaidWhenNoTimePassed) {
  const auto at_once = sample(2s, {{1, {50, 7}}});
  EXPECT_EQ(cores_busy(at_once, at_once, kTicks), std::nullopt);
  EXPECT_EQ(cores_busy(at_once, sample(1s, {{1, {70, 7}}}), kTicks), std::nullopt);
  EXPECT_EQ(cores_busy(at_once, sample(3s, {{1, {70, 7}}}), 0), std::nullopt);
}

}  // namespace
}  // namespace mer::worker
