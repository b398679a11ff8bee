#include "core/nearest.hpp"

#include <gtest/gtest.h>

namespace mer {
namespace {

const std::vector<std::string> kWords = {"hidden", "heads", "dropout", "alpha", "beta", "learning_rate"};

TEST(NearestTest, FindsTheMisspeltWord) {
  EXPECT_EQ(nearest("hiden", kWords), "hidden");
  EXPECT_EQ(nearest("hdeas", kWords), "heads");
  EXPECT_EQ(nearest("Alpha", kWords), "alpha");
  EXPECT_EQ(nearest("learningrate", kWords), "learning_rate");
  EXPECT_EQ(nearest("lerning_rat", kWords), "learning_rate");
}

TEST(NearestTest, ASwapIsOneChange) {
  EXPECT_EQ(nearest("ab", {"xy", "ba"}), "ba");
}

TEST(NearestTest, NothingNearIsNothing) {
  EXPECT_EQ(nearest("temperature", kWords), "");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest(std::string(100'000, 'a'), kWords), "");
}

}  // namespace
}  // namespace mer
