#include "core/log_pointer.hpp"

#include <gtest/gtest.h>

namespace mer {
namespace {

TEST(LogPointerTest, IsReadAsItIsWritten) {
  EXPECT_EQ(pointed_log(log_pointer("logs/ab/1.log") + "\n"), "logs/ab/1.log");
  EXPECT_EQ(pointed_log(log_pointer("logs/ab/1.log") + "\nmore\n"), "logs/ab/1.log");
}

TEST(LogPointerTest, OtherTextPointsNowhere) {
  EXPECT_EQ(pointed_log(""), std::nullopt);
  EXPECT_EQ(pointed_log("epoch 1\n"), std::nullopt);
  EXPECT_EQ(pointed_log("epoch 1\n" + log_pointer("logs/ab/1.log") + "\n"), std::nullopt);
  EXPECT_EQ(pointed_log(log_pointer("logs/ab/1.l")), std::nullopt) << "not complete";
}

TEST(LogPointerTest, LeadsToNoFileOutsideOfTheLogs) {
  EXPECT_EQ(pointed_log(log_pointer("/etc/passwd") + "\n"), std::nullopt);
  EXPECT_EQ(pointed_log(log_pointer("logs/../mer.db") + "\n"), std::nullopt);
}

}  // namespace
}  // namespace mer
