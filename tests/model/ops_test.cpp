#include "model/ops.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace mer::model {
namespace {

const SlotSettings kSettings{0.25, 0.1, 0.1, 42, 17};

at::Tensor dropped_ones(std::vector<std::int64_t> dialogues, std::int64_t width, std::uint32_t layer,
                        SlotSettings settings = kSettings) {
  SlotRows rows;
  rows.dialogues = std::move(dialogues);
  return dropout({at::ones({rows.rows(), width}, at::kFloat)}, layer, {rows}, {settings})[0];
}

TEST(OpsTest, DropoutKeepsItsShareAndScalesTheRest) {
  const at::Tensor kept = dropped_ones({0, 200}, 101, 0);
  EXPECT_NEAR(kept.count_nonzero().item<double>() / double(kept.numel()), 0.75, 0.01);
  EXPECT_FLOAT_EQ(kept.max().item<float>(), 4.0F / 3);
}

TEST(OpsTest, DropoutOfADialogueDoesNotDependOnTheOthersLengths) {
  const at::Tensor alone = dropped_ones({0, 5, 9}, 10, 1);
  const at::Tensor longer = dropped_ones({0, 5, 9, 30}, 10, 1);
  EXPECT_TRUE(at::equal(longer.narrow(0, 0, 9), alone));
}

TEST(OpsTest, EveryCoordinateChangesTheMask) {
  SlotSettings other_seed = kSettings;
  SlotSettings other_step = kSettings;
  ++other_seed.seed;
  ++other_step.step;
  const at::Tensor mask = dropped_ones({0, 8}, 12, 0);
  EXPECT_FALSE(at::equal(dropped_ones({0, 8}, 12, 1), mask));
  EXPECT_FALSE(at::equal(dropped_ones({0, 8}, 12, 0, other_seed), mask));
  EXPECT_FALSE(at::equal(dropped_ones({0, 8}, 12, 0, other_step), mask));
  EXPECT_FALSE(at::equal(mask.narrow(0, 0, 1), mask.narrow(0, 1, 1)));
  const at::Tensor two = dropped_ones({0, 4, 8}, 12, 0);
  EXPECT_FALSE(at::equal(two.narrow(0, 0, 4), two.narrow(0, 4, 4)));
}

TEST(OpsTest, SplitPartsAreContiguousAndAligned) {
  const Layout layout{{0, 1, 1, 2}, {0, 3, 5}};
  const at::Tensor stacked = at::arange(35, at::kFloat).view({5, 7});

  const PerSlot parts = split_by_slot(stacked, layout);

  EXPECT_FALSE(parts[1].defined());
  EXPECT_TRUE(at::equal(parts[2], stacked.narrow(0, 3, 2)));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(parts[2].const_data_ptr()) % 64, 0U);
  EXPECT_TRUE(at::equal(stack_rows(parts), stacked));
}

TEST(OpsTest, PackedOrderIsTimeMajorWithTheLongestDialogueFirst) {
  const std::vector<SlotRows> rows = rows_of({{0, 3}, {0, 1, 4, 6}});  // lengths 1, 3, 2
  EXPECT_TRUE(at::equal(rows[0].time_major, at::tensor({1, 4, 0, 2, 5, 3}, at::kLong)));
  EXPECT_TRUE(at::equal(rows[0].batch_sizes, at::tensor({3, 2, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(rows[0].time_major.index_select(0, rows[0].from_packed), at::arange(6)));
}

}  // namespace
}  // namespace mer::model
