#include "cli/mpirun.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::cli {
namespace {

using testing::Contains;
using testing::Not;

LaunchOptions options() {
  return {.programs = "/opt/mer/bin", .store = "/data/store", .sweep = SweepId{7}, .workers = 3};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

TEST(MpirunArgumentsTest, StartOneCoordinatorAndTheWorkers) {
  const std::string line = joined(mpirun_arguments(options()));

  EXPECT_NE(line.find("-n 1 /opt/mer/bin/mer-coordinator --store /data/store --sweep 7 : -n 3 /opt/mer/bin/mer-worker"),
            std::string::npos)
      << line;
}

TEST(MpirunArgumentsTest, LeaveBindingToTheAgents) {
  const std::string line = joined(mpirun_arguments(options()));

  EXPECT_NE(line.find("--bind-to none --oversubscribe"), std::string::npos) << line;
}

TEST(MpirunArgumentsTest, AllowRootOnlyForRoot) {
  LaunchOptions root = options();
  root.as_root = true;

  EXPECT_THAT(mpirun_arguments(root), Contains("--allow-run-as-root"));
  EXPECT_THAT(mpirun_arguments(options()), Not(Contains("--allow-run-as-root")));
}

TEST(MpirunArgumentsTest, PassOnThatNoPageIsWanted) {
  LaunchOptions quiet = options();
  quiet.web = false;

  EXPECT_THAT(mpirun_arguments(quiet), Contains("--no-web"));
  EXPECT_THAT(mpirun_arguments(options()), Not(Contains("--no-web")));
}

}  // namespace
}  // namespace mer::cli
