#include "worker/memory.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace mer::worker {
namespace {

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

// A root folder with the files that the kernel would show.
class MemoryTest : public ::testing::Test {
 protected:
  MemoryTest() { write("proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 8388608 kB\n"); }

  void write(const std::string& file, const std::string& content) {
    const std::filesystem::path path = root_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }
  std::int64_t usable() const { return usable_memory(root_.path()); }

  testing_support::TempDir root_;
};

TEST_F(MemoryTest, WithoutLimitsItIsWhatTheKernelCallsAvailable) {
  EXPECT_EQ(usable(), 8 * kGiB);
}

TEST_F(MemoryTest, TheTightestLimitOfTheCgroupsAboveCounts) {
  write("proc/self/cgroup", "0::/slurm/job_7/step_0\n");
  write("sys/fs/cgroup/slurm/job_7/step_0/memory.max", "max\n");
  write("sys/fs/cgroup/slurm/job_7/memory.max", std::to_string(4 * kGiB));
  write("sys/fs/cgroup/slurm/job_7/memory.current", std::to_string(1 * kGiB));
  write("sys/fs/cgroup/slurm/memory.max", std::to_string(64 * kGiB));

  EXPECT_EQ(usable(), 3 * kGiB);
}

TEST_F(MemoryTest, VersionOneIsReadToo) {
  write("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:hugetlb,memory:/a/b\n0::/\n");
  write("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", std::to_string(2 * kGiB));
  write("sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", std::to_string(3 * kGiB));

  EXPECT_EQ(usable(), 1);
}

TEST_F(MemoryTest, ThisMachineHasSome) {
  EXPECT_GT(usable_memory(), 0);
}

TEST(MemoryWithoutFilesTest, IsUnknown) {
  EXPECT_EQ(usable_memory("/nowhere"), 0);
}

}  // namespace
}  // namespace mer::worker
