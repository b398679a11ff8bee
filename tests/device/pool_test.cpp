#include "model/grid/pool.hpp"

#include <gtest/gtest.h>
#include <set>

namespace mer::grid {
namespace {

// A device with little memory that counts its blocks.
class PoolTest : public testing::Test {
 protected:
  static constexpr std::size_t kLimit = 8192;

  std::size_t used = 0;
  std::size_t asked = 0;
  std::uintptr_t next = 0x1000;
  Pools pools{[this](std::size_t bytes) -> void* {
                if (used + bytes > kLimit) return nullptr;
                used += bytes;
                ++asked;
                next += 0x10000;
                return reinterpret_cast<void*>(next);
              },
              [this](void*, std::size_t bytes) { used -= bytes; }};
};

TEST_F(PoolTest, GivesAReleasedBlockToTheNextOne) {
  void* const first = pools.allocate(1000);
  pools.release(first);

  EXPECT_EQ(pools.allocate(900), first);
  EXPECT_EQ(asked, 1U);
}

TEST_F(PoolTest, DoesNotGiveALargeBlockForALittle) {
  void* const large = pools.allocate(4096);
  pools.release(large);

  EXPECT_NE(pools.allocate(16), large);
}

TEST_F(PoolTest, KeepsRecordedMemoryApart) {
  pools.use_for_recording(true);
  void* const recorded = pools.allocate(1000);
  pools.release(recorded);
  pools.use_for_recording(false);

  void* const other = pools.allocate(1000);

  EXPECT_NE(other, recorded);
  pools.use_for_recording(true);
  EXPECT_EQ(pools.allocate(1000), recorded);
}

TEST_F(PoolTest, BlocksGoBackToTheirOwnPool) {
  void* const eager = pools.allocate(1000);
  pools.use_for_recording(true);
  pools.release(eager);

  EXPECT_NE(pools.allocate(1000), eager);
}

TEST_F(PoolTest, GivesUnusedBlocksBackBeforeItFails) {
  void* const first = pools.allocate(4096);
  pools.release(first);

  EXPECT_NE(pools.allocate(kLimit), nullptr);
  EXPECT_EQ(used, kLimit);
}

TEST_F(PoolTest, SaysWhatWasAskedForWhenMemoryRunsOut) {
  (void)pools.allocate(4096);

  try {
    (void)pools.allocate(kLimit);
    FAIL();
  } catch (const OutOfMemory& error) {
    EXPECT_NE(std::string(error.what()).find("8192 bytes were asked for, 4096 are held"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace mer::grid
