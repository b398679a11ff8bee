#include "model/grid/gang_key.hpp"

#include <gmock/gmock.h>
#include <stdexcept>

#include "tests/model/thread_gang.hpp"

namespace mer::grid {
namespace {

using model::run_gang;
using testing::HasSubstr;

// What agree_on_key() throws.
std::string error_of(Gang& gang, int version, const std::function<std::string()>& make) {
  try {
    (void)agree_on_key(gang, version, make);
    return "no error";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(GangKeyTest, AllMembersHaveTheLeadersKey) {
  run_gang(3, [](Gang& gang) {
    const std::string key = agree_on_key(gang, 22809, [&] {
      EXPECT_EQ(gang.rank(), 0);
      return std::string("\0key\xff", 5);
    });
    EXPECT_EQ(key, std::string("\0key\xff", 5));
  });
}

TEST(GangKeyTest, AMemberWithoutNcclIsAnErrorOfAll) {
  run_gang(3, [](Gang& gang) {
    const std::string error = error_of(gang, gang.rank() == 1 ? 0 : 22809, [] { return std::string("key"); });
    EXPECT_THAT(error, HasSubstr(gang.rank() == 1 ? "libmer_cuda.so is built without NCCL"
                                                  : "another trainer of this trial has a libmer_cuda.so without NCCL"));
    EXPECT_THAT(error, HasSubstr("docs/gpu.md"));
    EXPECT_THAT(error, HasSubstr("resources.gpus_per_trial"));
  });
}

TEST(GangKeyTest, DifferentVersionsAreNamed) {
  run_gang(2, [](Gang& gang) {
    const std::string error = error_of(gang, gang.rank() == 0 ? 21605 : 22809, [] { return std::string("key"); });
    EXPECT_THAT(error, HasSubstr("from 2.16.5 to 2.28.9"));
    EXPECT_THAT(error, HasSubstr(gang.rank() == 0 ? "(here 2.16.5)" : "(here 2.28.9)"));
  });
}

TEST(GangKeyTest, WhatFailsOnTheLeaderFailsOnAll) {
  run_gang(2, [](Gang& gang) {
    const std::string error =
        error_of(gang, 22809, []() -> std::string { throw std::runtime_error("no network interface"); });
    EXPECT_EQ(error, gang.rank() == 0 ? "no network interface" : "the gang's leader: no network interface");
  });
}

}  // namespace
}  // namespace mer::grid
