#include "model/ops.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace mer::model {
namespace {

const SlotSettings kSettings{0.25, 0.1, 0.1, 42, 17};

at::Tensor dropped_ones(const std::vector<std::int64_t>& lengths, std::int64_t width, std::uint32_t layer,
                        SlotSettings settings = kSettings) {
  auto layout = std::make_shared<Layout>();
  layout->add_slot(lengths);
  const at::Tensor ones = at::ones({layout->rows(), width}, at::kFloat);
  return pack_rows(dropout(ones, layer, layout, {settings}), *layout);
}

TEST(OpsTest, DropoutKeepsItsShareAndScalesTheRest) {
  const at::Tensor kept = dropped_ones({200}, 101, 0);
  EXPECT_NEAR(kept.count_nonzero().item<double>() / double(kept.numel()), 0.75, 0.01);
  EXPECT_FLOAT_EQ(kept.max().item<float>(), 4.0F / 3);
}

TEST(OpsTest, DropoutOfADialogueDoesNotDependOnTheOthersLengths) {
  const at::Tensor alone = dropped_ones({5, 4}, 10, 1);
  const at::Tensor longer = dropped_ones({5, 4, 21}, 10, 1);
  EXPECT_TRUE(at::equal(longer.narrow(0, 0, 9), alone));
}

TEST(OpsTest, EveryCoordinateChangesTheMask) {
  SlotSettings other_seed = kSettings;
  SlotSettings other_step = kSettings;
  ++other_seed.seed;
  ++other_step.step;
  const at::Tensor mask = dropped_ones({8}, 12, 0);
  EXPECT_FALSE(at::equal(dropped_ones({8}, 12, 1), mask));
  EXPECT_FALSE(at::equal(dropped_ones({8}, 12, 0, other_seed), mask));
  EXPECT_FALSE(at::equal(dropped_ones({8}, 12, 0, other_step), mask));
  EXPECT_FALSE(at::equal(mask.narrow(0, 0, 1), mask.narrow(0, 1, 1)));
  const at::Tensor two = dropped_ones({4, 4}, 12, 0);
  EXPECT_FALSE(at::equal(two.narrow(0, 0, 4), two.narrow(0, 4, 4)));
}

TEST(OpsTest, EverySlotBeginsAtACacheLine) {
  Layout layout;
  layout.add_slot(std::vector<std::int64_t>{3, 4});
  layout.add_slot({});
  layout.add_slot(std::vector<std::int64_t>{17});
  layout.add_slot(std::vector<std::int64_t>{1});

  EXPECT_EQ(layout.slots[0].dialogues, (std::vector<std::int64_t>{0, 3, 7}));
  EXPECT_EQ(layout.slots[1].rows(), 0);
  EXPECT_EQ(layout.slots[3].begin, 48);
  EXPECT_EQ(layout.rows(), 64);
  for (const SlotRows& part : layout.slots) EXPECT_EQ(part.begin % kRowAlignment, 0);
}

TEST(OpsTest, PackedRowsComeBackWhereTheLayoutWantsThem) {
  Layout layout;
  layout.add_slot(std::vector<std::int64_t>{3});
  layout.add_slot(std::vector<std::int64_t>{2});
  const at::Tensor packed = at::arange(10, at::kFloat).view({5, 2});

  const at::Tensor spread = spread_rows(packed, layout);

  EXPECT_EQ(spread.size(0), 32);
  EXPECT_TRUE(at::equal(spread.narrow(0, 16, 2), packed.narrow(0, 3, 2)));
  EXPECT_TRUE(at::equal(pack_rows(spread, layout), packed));
}

TEST(OpsTest, SelectedRowsFormABatchAndTheirGradientGoesBackToThem) {
  auto layout = std::make_shared<Layout>();
  layout->add_slot(std::vector<std::int64_t>{2, 1});
  layout->add_slot(std::vector<std::int64_t>{2});
  std::vector<std::uint8_t> flags(std::size_t(layout->rows()), 0);
  flags[0] = flags[2] = 1;  // of the first slot; none of the second
  const at::Tensor x = at::arange(64, at::kDouble).view({32, 2}).set_requires_grad(true);

  const RowSelection selection(layout, flags);
  const at::Tensor selected = selection(x);

  EXPECT_EQ(selection.layout()->slots[0].rows(), 2);
  EXPECT_EQ(selection.layout()->slots[1].rows(), 0);
  EXPECT_TRUE(at::equal(selected.narrow(0, 0, 2), at::tensor({0.0, 1.0, 4.0, 5.0}).view({2, 2}).to(at::kDouble)));
  torch::autograd::backward({selected}, {at::ones_like(selected)});
  EXPECT_EQ(x.grad().sum().item<double>(), 4);
  EXPECT_EQ(x.grad()[2][1].item<double>(), 1);
}

TEST(OpsTest, SelectingAllRowsCopiesNothing) {
  auto layout = std::make_shared<Layout>();
  layout->add_slot(std::vector<std::int64_t>{2});
  const at::Tensor x = at::ones({16, 3});

  EXPECT_TRUE(RowSelection(layout, {})(x).is_same(x));
  std::vector<std::uint8_t> flags(16, 0);
  flags[0] = flags[1] = 1;
  EXPECT_TRUE(RowSelection(layout, flags)(x).is_same(x));
}

}  // namespace
}  // namespace mer::model
