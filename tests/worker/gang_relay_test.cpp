// A gang of relays whose trainers are this test.
#include "worker/gang_relay.hpp"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <sys/mman.h>

namespace mer::worker {
namespace {

class GangRelayTest : public ::testing::Test {
 protected:
  static constexpr int kSize = 3;
  static constexpr std::int64_t kNumber = 5;

  GangRelayTest() {
    for (int rank = 0; rank < kSize; ++rank) {
      relays_.push_back(GangRelay::make(rank, kSize, kNumber).value());
      memory_.push_back(SharedMemory::open(Descriptor(::dup(relays_.back().descriptor()))).value());
    }
  }

  template <class T>
  void write(int rank, const std::vector<T>& values) {
    std::memcpy(memory_[std::size_t(rank)].bytes().data(), values.data(), values.size() * sizeof(T));
  }
  template <class T>
  std::vector<T> read(int rank, std::size_t count) {
    std::vector<T> values(count);
    std::memcpy(values.data(), memory_[std::size_t(rank)].bytes().data(), count * sizeof(T));
    return values;
  }
  // The trainer of `rank` asks; messages are delivered to the end.
  void ask(int rank, bool in_double, std::int64_t count) {
    deliver(rank, relays_[std::size_t(rank)].from_trainer({0, in_double, count, {}}));
  }
  void deliver(int from, const Result<GangRelay::Output>& output) {
    ASSERT_TRUE(output.ok()) << output.error().message;
    for (const auto& one : *output) {
      if (const auto* part = std::get_if<GangRelay::ToMember>(&one)) {
        deliver(part->rank, relays_[std::size_t(part->rank)].from_member(from, part->sum));
      } else {
        EXPECT_TRUE(std::get<GangRelay::ToTrainer>(one).sum.values.empty());
        answered_.push_back(from);
      }
    }
  }

  std::vector<GangRelay> relays_;
  std::vector<SharedMemory> memory_;  // as the trainers see it
  std::vector<int> answered_;         // trainers, in the order in which they heard
};

TEST_F(GangRelayTest, EveryTrainerGetsTheSumsWhoeverAsksFirst) {
  for (int round = 0; round < 3; ++round) {
    answered_.clear();
    for (int i = 0; i < kSize; ++i) {
      EXPECT_TRUE(answered_.empty());
      const int rank = (i + round) % kSize;
      write<double>(rank, {1.5 * rank, 10.0 + rank});
      ask(rank, true, 2);
      EXPECT_EQ(relays_[std::size_t(rank)].sum_under_way(), i + 1 < kSize);
    }
    std::ranges::sort(answered_);
    EXPECT_EQ(answered_, (std::vector<int>{0, 1, 2}));
    for (int rank = 0; rank < kSize; ++rank) {
      EXPECT_EQ(read<double>(rank, 2), (std::vector<double>{4.5, 33.0}));
      EXPECT_FALSE(relays_[std::size_t(rank)].sum_under_way());
    }
  }
}

TEST_F(GangRelayTest, FloatsAreAddedInTheOrderOfTheRanks) {
  const float large = 1e8F, small = 3.0F;  // 1e8 + 3 + 3 is not 1e8 + (3 + 3) in float
  for (const int rank : {2, 1, 0}) {
    write<float>(rank, {rank == 0 ? large : small});
    ask(rank, false, 1);
  }
  ASSERT_NE((large + small) + small, large + (small + small));
  EXPECT_EQ(read<float>(1, 1)[0], (large + small) + small);
}

TEST_F(GangRelayTest, TheMemoryCanBeFilled) {
  const auto count = std::int64_t(kGangMemory / sizeof(float));
  for (int rank = 0; rank < kSize; ++rank) {
    write<float>(rank, std::vector<float>(std::size_t(count), 1.0F));
    ask(rank, false, count);
  }
  EXPECT_EQ(read<float>(2, std::size_t(count)), std::vector<float>(std::size_t(count), 3.0F));
}

TEST_F(GangRelayTest, MoreThanTheMemoryOrTwoAtOnceAreRefused) {
  EXPECT_FALSE(relays_[1].from_trainer({0, true, std::int64_t(kGangMemory / sizeof(double)) + 1, {}}).ok());
  EXPECT_FALSE(relays_[1].from_trainer({0, true, -1, {}}).ok());
  EXPECT_FALSE(relays_[1].from_trainer({0, true, std::int64_t{1} << 61, {}}).ok());
  ask(1, true, 1);
  EXPECT_FALSE(relays_[1].from_trainer({0, true, 1, {}}).ok());
}

TEST_F(GangRelayTest, MembersThatAddDifferentThingsAreFound) {
  ask(0, true, 1);
  ask(1, true, 1);
  const auto output = relays_[0].from_member(2, {kNumber, true, 2, std::vector<std::uint8_t>(16)});
  ASSERT_FALSE(output.ok());
  EXPECT_NE(output.error().message.find("member 2"), std::string::npos);
}

TEST_F(GangRelayTest, ASumOfAnEarlierGangIsLetGo) {
  const auto output = relays_[0].from_member(1, {kNumber - 1, true, 1, std::vector<std::uint8_t>(8)});
  ASSERT_TRUE(output.ok());
  EXPECT_TRUE(output->empty());
}

TEST_F(GangRelayTest, ASumThatNobodyExpectsIsRefused) {
  const GangSum sum{kNumber, true, 1, std::vector<std::uint8_t>(8)};
  EXPECT_FALSE(relays_[0].from_member(kSize, sum).ok());
  EXPECT_FALSE(relays_[2].from_member(0, sum).ok());
  EXPECT_FALSE(relays_[0].from_member(1, {kNumber, true, 2, std::vector<std::uint8_t>(8)}).ok());
  ASSERT_TRUE(relays_[0].from_member(1, sum).ok());
  EXPECT_FALSE(relays_[0].from_member(1, sum).ok());
}

}  // namespace
}  // namespace mer::worker
