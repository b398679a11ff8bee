#include "core/shared_memory.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mer {
namespace {

TEST(SharedMemoryTest, AChildSeesWhatItsParentWritesAndTheOtherWayRound) {
  const auto memory = SharedMemory::make(10'000, 50);
  ASSERT_TRUE(memory.ok());
  EXPECT_GE(memory->descriptor(), 50);
  ASSERT_EQ(memory->bytes().size(), 10'000U);
  EXPECT_EQ(memory->bytes().back(), std::byte{0});
  memory->bytes().back() = std::byte{7};

  const pid_t child = ::fork();
  if (child == 0) {
    const auto same = SharedMemory::open(Descriptor(::dup(memory->descriptor())));
    const bool seen = same.ok() && same->bytes().size() == 10'000 && same->bytes().back() == std::byte{7};
    if (seen) same->bytes().front() = std::byte{8};
    ::_exit(seen ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(memory->bytes().front(), std::byte{8});
}

TEST(SharedMemoryTest, ADescriptorThatIsNoneIsAnError) {
  const auto memory = SharedMemory::open(Descriptor(-1));
  ASSERT_FALSE(memory.ok());
  EXPECT_NE(memory.error().message.find("Bad file descriptor"), std::string::npos);
}

}  // namespace
}  // namespace mer
