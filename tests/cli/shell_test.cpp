#include "cli/shell.hpp"

#include <gtest/gtest.h>

namespace mer::cli {
namespace {

TEST(RunProgramTest, CollectsBothOutputsAndTheStatus) {
  const ProgramOutput output = run_program({"sh", "-c", "echo out; echo err >&2; exit 3"});

  EXPECT_EQ(output.status, 3);
  EXPECT_EQ(output.text, "out\nerr\n");
}

TEST(RunProgramTest, SaysWhichSignalEndedIt) {
  EXPECT_EQ(run_program({"sh", "-c", "kill -9 $$"}).status, 137);
}

TEST(RunProgramTest, AProgramThatIsNotThereHasStatus127) {
  EXPECT_EQ(run_program({"/nowhere/no-such-program"}).status, 127);
}

}  // namespace
}  // namespace mer::cli
