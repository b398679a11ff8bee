// A gang's losses and gradients are those of one model on the whole batch.
#include "model/gang.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <string>

#include "tests/model/golden.hpp"
#include "tests/model/slot_case.hpp"
#include "tests/model/thread_gang.hpp"

namespace mer::model {
namespace {

TEST(GangTest, SumsOfSeveralTensorsComeBackToTheirPlaces) {
  run_gang(3, [](Gang& gang) {
    const at::Tensor whole = at::arange(6, at::kFloat).view({2, 3}) * (gang.rank() + 1);
    const at::Tensor column = whole.select(1, 1);
    const at::Tensor other = at::full({2}, 10.0 + gang.rank(), at::kDouble);
    sum_over(&gang, {column, other});
    EXPECT_TRUE(at::equal(column, at::tensor({6.0F, 24.0F})));
    EXPECT_TRUE(at::equal(other, at::full({2}, 33, at::kDouble)));
    EXPECT_EQ(whole[0][0].item<float>(), 0);
    EXPECT_EQ(whole[1][2].item<float>(), 5.0F * float(gang.rank() + 1));
  });
}

TEST(GangTest, EveryMemberHasWhatTheLeaderPasses) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += char(byte);
  run_gang(3, [&](Gang& gang) {
    EXPECT_EQ(from_leader(gang, gang.rank() == 0 ? all : "not this"), all);
    EXPECT_EQ(from_leader(gang, gang.rank() == 0 ? "" : "nor this"), "");
    EXPECT_EQ(smallest_of(gang, 7.5 - gang.rank()), 5.5);
  });
}

// The part of a golden case's batch that member `rank` of two has: of each slot the first dialogues, or the rest.
NamedTensors part_of(const NamedTensors& whole, int rank) {
  const at::Tensor lengths = whole.at("dialogue_lengths");
  const auto given = whole.find("slot_dialogues");
  const at::Tensor counts = given == whole.end() ? at::tensor({lengths.numel()}, at::kLong) : given->second;
  std::vector<std::int64_t> dialogues, rows, first, own_counts;
  std::int64_t dialogue = 0, row = 0;
  for (std::int64_t slot = 0; slot < counts.numel(); ++slot) {
    const auto count = counts[slot].item<std::int64_t>();
    const std::int64_t middle = (count + 1) / 2;
    first.push_back(rank == 0 ? 0 : middle);
    own_counts.push_back(rank == 0 ? middle : count - middle);
    for (std::int64_t d = 0; d < count; ++d, ++dialogue) {
      const auto length = lengths[dialogue].item<std::int64_t>();
      const bool own = (d < middle) == (rank == 0);
      if (own) dialogues.push_back(length);
      for (std::int64_t turn = 0; turn < length; ++turn, ++row) {
        if (own) rows.push_back(row);
      }
    }
  }
  NamedTensors part = whole;
  for (auto& [name, tensor] : part) {
    if (name.starts_with("features.") || name == "labels" || name == "scored") {
      tensor = tensor.index_select(0, at::tensor(rows, at::kLong));
    }
  }
  part["dialogue_lengths"] = at::tensor(dialogues, at::kLong);
  part["slot_dialogues"] = at::tensor(own_counts, at::kLong);
  part["first_dialogues"] = at::tensor(first, at::kLong);
  return part;
}

class GangCase : public testing::TestWithParam<std::string> {};

// Every layer, loss, switch and reading: PyTorch's numbers for the whole batch, by two members with half of it each.
TEST_P(GangCase, OfTwoEqualsPyTorchInDoublePrecision) {
  const GoldenFile golden = read_golden(GetParam());
  run_gang(2, [&](Gang& gang) {
    const Result<NamedTensors> out = probe(part_of(golden.input, gang.rank()), golden.metadata, &gang);

    ASSERT_TRUE(out.ok()) << out.error().message;
    for (const auto& [name, expected] : golden.expected) {
      if (!name.starts_with("loss.") && !name.starts_with("gradient.")) continue;  // of this member's rows
      ASSERT_TRUE(out->contains(name)) << name;
      EXPECT_LT(largest_error(out->at(name), expected), 1e-9) << name;
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Model, GangCase, testing::ValuesIn(golden_names("case_")),
                         [](const auto& test) { return test.param.substr(5); });

struct Split {
  const char* name;
  int members;
  std::vector<int> dialogues;  // by slot
};

class GangSplit : public testing::TestWithParam<Split> {};

// Random stacks with unscored utterances and dropout.
TEST_P(GangSplit, EqualsOneModelOnTheWholeBatch) {
  for (const Variant& variant : variants()) {
    const Shape shape{variant.settings, variant.feature_dims, 4, Dtype::float64};
    const int slots = int(GetParam().dialogues.size());
    const auto members = std::size_t(GetParam().members);
    Random random(77);
    std::vector<SlotCase> cases;
    for (const int dialogues : GetParam().dialogues) cases.push_back(random_case(random, shape, dialogues));
    cases.front().settings.dropout = 0.3;
    StackedModel alone(shape, slots);
    for (int slot = 0; slot < slots; ++slot) alone.initialise(slot, std::uint64_t(slot));
    const Outcome whole = step(alone, cases);

    std::vector<Outcome> outcomes(members);
    run_gang(int(members), [&](Gang& gang) {
      StackedModel model(shape, slots, &gang);
      for (int slot = 0; slot < slots; ++slot) model.initialise(slot, std::uint64_t(slot));
      std::vector<SlotCase> parts;
      for (const SlotCase& slot : cases) {
        const auto bound = [&](std::size_t member) { return slot.lengths.size() * member / members; };
        parts.push_back(part_of(slot, bound(std::size_t(gang.rank())), bound(std::size_t(gang.rank()) + 1)));
      }
      outcomes[std::size_t(gang.rank())] = step(model, parts);
    });

    for (const Outcome& outcome : outcomes) {
      EXPECT_TRUE(at::equal(outcome.losses.total, outcomes[0].losses.total));
      EXPECT_LT(largest_error(outcome.losses.total.detach(), whole.losses.total.detach()), 1e-9);
      for (std::size_t slot = 0; slot < cases.size(); ++slot) {
        for (std::size_t i = 0; i < whole.gradients[slot].size(); ++i) {
          const at::Tensor& gradient = outcome.gradients[slot][i];
          const at::Tensor& expected = whole.gradients[slot][i];
          ASSERT_EQ(gradient.defined(), expected.defined());
          if (!expected.defined()) continue;
          EXPECT_TRUE(at::equal(gradient, outcomes[0].gradients[slot][i])) << "the same bits on all members";
          EXPECT_LT(largest_error(gradient, expected), 1e-9) << variant.name << " " << alone.parameter_name(int(i));
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Model, GangSplit,
                         testing::Values(Split{"HalvesOfOneSlot", 2, {6}}, Split{"OddNumberOfDialogues", 2, {7, 5}},
                                         Split{"FewerDialoguesThanMembers", 3, {2, 8, 0, 1}},
                                         Split{"OneDialogueForTwo", 2, {1}}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace mer::model
