#include "model/stacked_model.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <cstring>
#include <gtest/gtest.h>

#include "tests/model/slot_case.hpp"

namespace mer::model {
namespace {

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  const at::Tensor left = a.detach().contiguous();
  const at::Tensor right = b.detach().contiguous();
  return left.sizes() == right.sizes() && left.scalar_type() == right.scalar_type() &&
         std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0;
}

// Losses and logits of `slot` in the stack are those of the model alone, and so are its gradients.
void expect_same(const Outcome& stack, std::size_t slot, const Outcome& alone, StackedModel& model) {
  const SlotRows& part = stack.layout->slots[slot];
  const auto same_rows = [&](const at::Tensor& stacked, const at::Tensor& single) {
    return same_bits(stacked.narrow(0, part.begin, part.rows()), single.narrow(0, 0, part.rows()));
  };
  EXPECT_TRUE(same_rows(stack.representations.logits, alone.representations.logits));
  for (std::size_t m = 0; m < alone.representations.context.size(); ++m) {
    EXPECT_TRUE(same_rows(stack.representations.context[m], alone.representations.context[m]));
  }
  for (std::size_t p = 0; p < alone.representations.cross.size(); ++p) {
    EXPECT_TRUE(same_rows(stack.representations.cross[p], alone.representations.cross[p]));
  }
  EXPECT_TRUE(same_bits(stack.losses.total[std::int64_t(slot)], alone.losses.total[0]));
  EXPECT_TRUE(same_bits(stack.losses.task[std::int64_t(slot)], alone.losses.task[0]));
  for (int i = 0; i < model.parameter_count(); ++i) {
    EXPECT_TRUE(same_bits(stack.gradients[slot][std::size_t(i)], alone.gradients[0][std::size_t(i)]))
        << model.parameter_name(i);
  }
}

class Neighbours : public testing::TestWithParam<Variant> {};

// The promise that stacked training rests on. Random stacks; slots may be empty, alone or many.
TEST_P(Neighbours, DoNotChangeASlotsBits) {
  const Shape shape{GetParam().settings, GetParam().feature_dims, 4, GetParam().dtype};
  Random random(20240501);
  StackedModel single(shape, 1);
  for (int trial = 0; trial < 5; ++trial) {
    const int slots = trial == 0 ? 1 : draw(random, 2, 4);
    StackedModel stack(shape, slots);
    std::vector<SlotCase> cases;
    for (int slot = 0; slot < slots; ++slot) {
      stack.initialise(slot, std::uint64_t(draw(random, 0, 5)));
      cases.push_back(random_case(random, shape, slot > 0 && draw(random, 0, 3) == 0 ? 0 : draw(random, 1, 8)));
    }

    const Outcome together = step(stack, cases);

    for (int slot = 0; slot < slots; ++slot) {
      const SlotCase& own = cases[std::size_t(slot)];
      const std::int64_t rows = own.labels.numel();
      const at::NoGradGuard no_grad;
      for (int i = 0; i < stack.parameter_count(); ++i) single.parameter(i, 0).copy_(stack.parameter(i, slot));
      const at::AutoGradMode with_graph(true);
      const Outcome alone = rows > 0 ? step(single, {own}) : Outcome();
      if (rows > 0) {
        expect_same(together, std::size_t(slot), alone, single);
      } else {
        EXPECT_EQ(together.losses.total[slot].item<double>(), 0);
        for (const at::Tensor& gradient : together.gradients[std::size_t(slot)]) EXPECT_FALSE(gradient.defined());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Stack, Neighbours, testing::ValuesIn(variants()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(StackedModelTest, WithoutGradModeBuildsNoGraph) {
  const Shape shape{ModelSettings(), {5, 7}, 4, Dtype::float32};
  Random random(1);
  StackedModel model(shape, 1);
  model.initialise(0, 1);
  const SlotCase slot = random_case(random, shape, 3);
  const at::NoGradGuard no_grad;

  const Batch batch = batch_of({slot});
  const Losses losses = model.losses(batch, model.forward(batch, {slot.settings}), {slot.settings});

  EXPECT_FALSE(losses.total.requires_grad());
}

TEST(StackedModelTest, SlotWithoutScoredRowsHasNoLossAndNoGradient) {
  const Shape shape{ModelSettings(), {5, 7}, 4, Dtype::float32};
  Random random(1);
  StackedModel model(shape, 2);
  std::vector<SlotCase> slots = {random_case(random, shape, 3), random_case(random, shape, 2)};
  slots[0].scored.assign(slots[0].scored.size(), 1);
  slots[1].scored.assign(slots[1].scored.size(), 0);

  const Outcome outcome = step(model, slots);

  EXPECT_GT(outcome.losses.total[0].item<double>(), 0);
  EXPECT_EQ(outcome.losses.total[1].item<double>(), 0);
  for (const at::Tensor& gradient : outcome.gradients[1]) EXPECT_FALSE(gradient.defined());
}

}  // namespace
}  // namespace mer::model
