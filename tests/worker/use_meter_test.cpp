#include "worker/use_meter.hpp"

#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <vector>

#include "tests/support/temp_dir.hpp"
#include "tests/support/wait_until.hpp"

namespace mer::worker {
namespace {

using namespace std::chrono_literals;
using testing_support::wait_until;

class UseMeterTest : public ::testing::Test {
 protected:
  static std::int64_t bytes(std::int64_t pages) { return pages * ::sysconf(_SC_PAGESIZE); }
  // As the kernel would write it.
  void process(int number, std::int64_t seconds, std::int64_t pages, const std::string& children = "") {
    const std::string name = std::to_string(number);
    const auto folder = proc_.path() / name;
    std::filesystem::create_directories(folder / "task" / name);
    const std::string busy = std::to_string(seconds * ::sysconf(_SC_CLK_TCK));
    std::ofstream(folder / "stat") << name << " (mer) S 1 1 1 0 -1 4 5 5 0 3 " << busy << " 0 0 0 20 0 1 0 77 0\n";
    std::ofstream(folder / "statm") << "1000 " << pages << " 3 4 0 5 0\n";
    std::ofstream(folder / "task" / name / "children") << children;
  }
  ResourceUse measure(std::chrono::seconds at) { return meter_.measure(std::chrono::steady_clock::time_point(at)); }

  testing_support::TempDir proc_;
  UseMeter meter_{10, proc_.path()};
};

TEST_F(UseMeterTest, AddsUpAProcessAndItsDescendants) {
  process(10, 1, 5, "11 12 ");
  process(11, 8, 100, "13 ");
  process(12, 0, 1);
  process(13, 0, 1);
  process(99, 500, 7000);
  EXPECT_EQ(measure(0s), (ResourceUse{std::nullopt, bytes(107), std::nullopt, std::nullopt}));

  process(11, 15, 200, "13 ");
  process(13, 1, 1);

  EXPECT_EQ(measure(4s), (ResourceUse{2.0, bytes(207), std::nullopt, std::nullopt}));
}

TEST_F(UseMeterTest, AChildThatGoesWhileItLooksIsLeftOut) {
  process(10, 1, 5, "11 ");
  EXPECT_EQ(measure(0s).memory_bytes, bytes(5));

  process(11, 3, 100);
  std::filesystem::remove(proc_.path() / "11/statm");
  EXPECT_EQ(measure(2s).memory_bytes, bytes(5));

  std::filesystem::remove_all(proc_.path() / "11");
  EXPECT_EQ(measure(4s), (ResourceUse{0.0, bytes(5), std::nullopt, std::nullopt}));
}

TEST_F(UseMeterTest, NothingIsKnownWhereTheKernelDoesNotTell) {
  EXPECT_EQ(measure(0s), ResourceUse());

  process(10, 1, 5);
  std::filesystem::remove(proc_.path() / "10/task/10/children");
  EXPECT_EQ(measure(2s), ResourceUse());

  process(10, 3, 5);
  EXPECT_EQ(measure(4s).cpu_cores, std::nullopt) << "the first that is known";
  process(10, 4, 5);
  EXPECT_EQ(measure(6s).cpu_cores, 0.5);
}

// Busy until it is killed, on 64 MiB.
pid_t start_busy_child() {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<char> memory(std::size_t{64} << 20, 'x');
  const volatile char* const byte = memory.data();
  while (*byte == 'x') {
  }
  ::_exit(0);
}

TEST(UseMeterOnThisMachine, SeesABusyChild) {
  UseMeter meter;
  const auto idle = meter.measure(std::chrono::steady_clock::now());
  ASSERT_TRUE(idle.memory_bytes.has_value());
  EXPECT_GT(*idle.memory_bytes, 1 << 20);
  const pid_t child = start_busy_child();

  EXPECT_TRUE(wait_until([&] {
    const auto busy = meter.measure(std::chrono::steady_clock::now());
    return busy.cpu_cores.value_or(0) > 0.01 && busy.memory_bytes.value_or(0) > *idle.memory_bytes + (32 << 20);
  }));

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace mer::worker
