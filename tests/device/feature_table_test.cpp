// Steps on rows of a table on the device against the same on features that the host has gathered: bit by bit.
#include "model/device/feature_table.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>

#include "model/device/steps.hpp"
#include "tests/device/random_batch.hpp"
#include "tests/device/test_device.hpp"
#include "worker/trainer/optimizer.hpp"

namespace mer::model {
namespace {

class FeatureTableTest : public testing::TestWithParam<Dtype> {
 protected:
  static constexpr int kSlots = 3, kTableRows = 50;

  void SetUp() override {
    if (const auto reason = attach_test_device()) GTEST_SKIP() << *reason;
    ModelSettings settings;
    settings.hidden = 12;
    settings.heads = 3;
    shape = {settings, {5, 7}, 4, GetParam()};
    for (const int columns : shape.feature_dims) {
      table.push_back(at::randn({kTableRows, columns}));
      folds.push_back(random_affine(columns));
    }
    with_features.emplace(shape, kSlots, nullptr, device());
    with_rows.emplace(shape, kSlots, nullptr, device());
    for (int slot = 0; slot < kSlots; ++slot) {
      with_features->initialise(slot, std::uint64_t(slot));
      with_rows->initialise(slot, std::uint64_t(slot));
    }
    steps.emplace(*with_features);
    table_steps.emplace(*with_rows, std::make_unique<FeatureTable>(table));
  }

  AffinePtr random_affine(int columns) {
    Affine affine;
    for (int column = 0; column < columns; ++column) {
      affine.mean.push_back(0.1 * draw(random, -9, 9));
      affine.factor.push_back(0.3 * draw(random, 1, 9));
    }
    return std::make_shared<const Affine>(std::move(affine));
  }

  // In its bucket. The first slot has both modalities standardised, the second one, the third none.
  Batch random_rows(const std::vector<int>& dialogues, bool selects) {
    Batch batch = random_batch(random, shape, dialogues, selects);
    batch = in_bucket(batch, bucket_of(*batch.layout));
    batch.features.clear();
    for (std::int64_t row = 0; row < batch.layout->rows(); ++row) {
      batch.table_rows.rows.push_back(draw(random, 0, kTableRows - 1));
    }
    batch.table_rows.standardise = {{folds[0], folds[0], nullptr}, {folds[1], nullptr, nullptr}};
    return batch;
  }

  // What the host gathers for it.
  Batch gathered(const Batch& batch) const {
    Batch all = batch;
    all.table_rows = {};
    for (std::size_t m = 0; m < table.size(); ++m) {
      const at::Tensor to = at::zeros({batch.layout->rows(), table[m].size(1)}, scalar_type_of(shape.dtype));
      for (std::size_t slot = 0; slot < kSlots; ++slot) {
        const SlotRows& part = batch.layout->slots[slot];
        for (std::int64_t row = part.begin; row < part.begin + part.rows(); ++row) {
          at::Tensor values = table[m][batch.table_rows.rows[std::size_t(row)]].to(at::kDouble);
          if (const AffinePtr& affine = batch.table_rows.standardise[m][slot]) {
            values = (values - at::tensor(affine->mean, at::kDouble)) * at::tensor(affine->factor, at::kDouble);
          }
          to[row].copy_(values);
        }
      }
      all.features.push_back(to);
    }
    return all;
  }

  static std::vector<SlotStep> slot_steps(const Batch& batch, int step) {
    std::vector<SlotStep> now;
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
      const SlotSettings settings = {0.2, 0.1, 0.5, std::uint64_t(slot), step};
      now.push_back(
          {settings, batch.layout->slots[slot].rows() > 0, trainer::optimizer_step(TrainSettings(), step + 1)});
    }
    return now;
  }

  Random random{11};
  Shape shape;
  std::vector<at::Tensor> table;
  std::vector<AffinePtr> folds;  // by modality
  std::optional<StackedModel> with_features, with_rows;
  std::optional<DeviceSteps> steps, table_steps;
};

TEST_P(FeatureTableTest, StepsOnItsRowsAreThoseOnGatheredFeatures) {
  for (int step = 0; step < 6; ++step) {
    if (step == 3) folds[0] = random_affine(shape.feature_dims[0]);  // a trial of another fold has joined
    const Batch batch = random_rows({draw(random, 1, 3), draw(random, 0, 3), draw(random, 1, 3)}, step % 2 == 1);
    const std::vector<SlotStep> now = slot_steps(batch, step);
    const std::vector<SlotSettings> settings(kSlots);

    const StepOutcome expected = steps->train(gathered(batch), now), outcome = table_steps->train(batch, now);
    const StepOutcome expected_score = steps->evaluate(gathered(batch), settings);
    const StepOutcome score = table_steps->evaluate(batch, settings);

    EXPECT_TRUE(at::equal(outcome.losses.total, expected.losses.total));
    EXPECT_TRUE(at::equal(outcome.logits, expected.logits));
    EXPECT_EQ(outcome.norms, expected.norms);
    EXPECT_TRUE(at::equal(score.losses.total, expected_score.losses.total));
    EXPECT_TRUE(at::equal(score.logits, expected_score.logits));
  }
  for (int i = 0; i < with_rows->parameter_count(); ++i) {
    for (int slot = 0; slot < kSlots; ++slot) {
      EXPECT_TRUE(at::equal(with_rows->parameter(i, slot).cpu(), with_features->parameter(i, slot).cpu()));
    }
  }
}

// Outside of recorded steps, as representations are made.
TEST_P(FeatureTableTest, ABatchOnTheDeviceHasTheGatheredFeatures) {
  const Batch batch = random_rows({2, 0, 3}, true);

  const Batch there = table_steps->on_device(batch, std::vector<SlotSettings>(kSlots));

  const Batch expected = gathered(batch);
  ASSERT_EQ(there.features.size(), expected.features.size());
  for (std::size_t m = 0; m < expected.features.size(); ++m) {
    EXPECT_TRUE(at::equal(there.features[m].cpu(), expected.features[m]));
  }
}

// More than with features, which every bucket has buffers for.
TEST_P(FeatureTableTest, KeepsManyRecordingsButNotAll) {
  for (std::int64_t turns = 8; turns <= 1024; turns += 8) {
    Batch batch;
    batch.layout = table_steps->layout_for(std::vector<std::vector<std::int64_t>>{{turns}, {}, {}});
    const std::int64_t rows = batch.layout->rows();
    batch.labels = at::zeros({rows}, at::kLong);
    batch.table_rows.rows.resize(std::size_t(rows));
    batch.table_rows.standardise.assign(table.size(), std::vector<AffinePtr>(kSlots));
    (void)table_steps->on_device(batch, std::vector<SlotSettings>(kSlots));
    batch.scored.assign(std::size_t(rows), 1);
    (void)table_steps->on_device(batch, std::vector<SlotSettings>(kSlots));
  }
  device_runtime().synchronize();

  EXPECT_EQ(table_steps->recordings(), 64U);
}

INSTANTIATE_TEST_SUITE_P(Types, FeatureTableTest, testing::Values(Dtype::float32, Dtype::float64),
                         [](const auto& type) { return type.param == Dtype::float64 ? "InDouble" : "InSingle"; });

}  // namespace
}  // namespace mer::model
