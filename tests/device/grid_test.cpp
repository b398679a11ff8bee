#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <span>
#include <vector>

#include "model/grid/host_runtime.hpp"
#include "model/grid/operations.hpp"

namespace mer::grid {
namespace {

struct AddOne {
  const int* from;
  int* to;
  void operator()(Index i) const { to[i] = from[i] + 1; }
};

class GridTest : public testing::Test {
 protected:
  template <class T>
  T* on_device(const std::vector<T>& values) {
    T* const memory = static_cast<T*>(runtime.allocate(values.size() * sizeof(T)));
    runtime.upload(memory, values.data(), values.size() * sizeof(T));
    runtime.synchronize();
    return memory;
  }
  template <class T>
  std::vector<T> on_host(const T* memory, std::size_t count) {
    std::vector<T> values(count);
    runtime.download(values.data(), memory, count * sizeof(T));
    runtime.synchronize();
    return values;
  }

  HostRuntime runtime;
};

TEST_F(GridTest, WorkWaitsInTheQueue) {
  const int* const from = on_device<int>({1, 2, 3});
  int* const to = on_device<int>({0, 0, 0});

  runtime.launch(3, AddOne{from, to});

  EXPECT_EQ(to[0], 0);
  EXPECT_EQ(on_host(to, 3), (std::vector<int>{2, 3, 4}));
}

TEST_F(GridTest, ARecordingReadsWhatIsThereAtReplay) {
  int* const from = on_device<int>({1, 2, 3});
  int* const to = on_device<int>({0, 0, 0});
  runtime.begin_recording();
  runtime.launch(3, AddOne{from, to});
  const auto recording = runtime.end_recording();
  runtime.synchronize();
  EXPECT_EQ(to[0], 0);
  const std::vector<int> later = {7, 8, 9};
  runtime.upload(from, later.data(), 3 * sizeof(int));

  runtime.replay(*recording);

  EXPECT_EQ(on_host(to, 3), (std::vector<int>{8, 9, 10}));
}

// A member of a gang of two, of which the other does as this one.
class Twin : public Gang {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  void sum(std::span<float> values) override {
    for (float& value : values) value += value;
  }
  void sum(std::span<double> values) override {
    for (double& value : values) value += value;
  }
};

TEST_F(GridTest, AGangsSumsTakeTheirTurnInTheQueue) {
  Twin gang;
  runtime.join(gang);
  float* const floats = on_device<float>({1, 2, 3});
  double* const doubles = on_device<double>({0.5, 7});

  runtime.sum_over_gang(std::vector<GangSum>{std::span(floats, 3), std::span(doubles, 1)});
  runtime.sum_over_gang(std::vector<GangSum>{std::span(floats + 2, 1)});

  EXPECT_EQ(floats[0], 1);
  EXPECT_EQ(on_host(floats, 3), (std::vector<float>{2, 4, 12}));
  EXPECT_EQ(on_host(doubles, 2), (std::vector<double>{1, 7}));
}

// So that a member can make a recording while the others go on with theirs.
TEST_F(GridTest, AGangAddsUpAtReplayAndNotWhileAStepIsRehearsedOrRecorded) {
  Twin gang;
  runtime.join(gang);
  double* const number = on_device<double>({1});
  const std::vector<GangSum> sums = {std::span(number, 1)};
  runtime.rehearse(true);
  runtime.sum_over_gang(sums);
  runtime.synchronize();
  runtime.rehearse(false);
  runtime.begin_recording();
  runtime.sum_over_gang(sums);
  const auto recording = runtime.end_recording();
  runtime.synchronize();
  EXPECT_EQ(on_host(number, 1), std::vector<double>{1});

  runtime.replay(*recording);
  runtime.replay(*recording);

  EXPECT_EQ(on_host(number, 1), std::vector<double>{4});
}

template <class T>
class GatherFeaturesTest : public GridTest {};
using BothTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(GatherFeaturesTest, BothTypes);

// Three slots with room for four rows: one standardises, one has no rows, one takes the table's as they are.
TYPED_TEST(GatherFeaturesTest, StandardisesEachSlotsRowsInDoubleAndClearsThoseOfNobody) {
  constexpr Index kColumns = 3;
  constexpr std::int32_t kNoRow = 1 << 30;
  const std::vector<float> table = {0.1F, 2, 3, 4, 5.7F, 6, 7, 8, -9.3F, 10, 11, 12e6F, 13, 14, 15};
  const std::vector<std::int32_t> counts = {3, 0, 4};
  const std::vector<std::int32_t> rows = {4, 0, 3, kNoRow, kNoRow, kNoRow, kNoRow, kNoRow, 2, 2, 1, 0};
  const std::vector<double> means = {1.0 / 3, -2.1, 1e6}, factors = {1.7, 1.0 / 7, 1e-3};
  std::vector<double> both = means;
  both.insert(both.end(), factors.begin(), factors.end());
  GatherFeatures<TypeParam> op;
  op.layout = {3, 4, 1, 4, this->on_device(counts)};
  op.columns = kColumns;
  op.table = this->on_device(table);
  op.rows = this->on_device(rows);
  op.standardise = this->template on_device<const double*>({this->on_device(both), nullptr, nullptr});
  TypeParam* const to = this->on_device(std::vector<TypeParam>(rows.size() * kColumns, TypeParam(-1)));
  op.to = {to, kColumns};

  operations<TypeParam>(this->runtime).gather_features(this->runtime, op);

  const std::vector<TypeParam> gathered = this->on_host(to, rows.size() * kColumns);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t column = 0; column < kColumns; ++column) {
      TypeParam expected = 0;
      if (rows[i] != kNoRow) {
        const float value = table[std::size_t(rows[i]) * kColumns + column];
        expected = i < 4 ? TypeParam((double(value) - means[column]) * factors[column]) : TypeParam(value);
      }
      EXPECT_EQ(gathered[i * kColumns + column], expected) << "row " << i << ", column " << column;
    }
  }
}

// Two slots of three rows, with texts of one and two tokens, and of none and one.
class EncoderOperationsTest : public GridTest {
 protected:
  Layout layout{.slots = 2,
                .rows = 3,
                .dialogues = 2,
                .turns = 2,
                .row_count = on_device<std::int32_t>({3, 1}),
                .dialogue_begin = on_device<std::int32_t>({0, 1, 3, 0, 0, 1}),
                .dialogue_of_row = on_device<std::int32_t>({0, 1, 1, 1, 0, 0})};
  double* x = on_device<double>({1, 3, 2, 2, 4, 0, -1, 1, 0, 0, 0, 0});
};

TEST_F(EncoderOperationsTest, LayerNormTakesEachRowForItself) {
  const double* const weight = on_device<double>({2, 1, 1, 3});
  const double* const bias = on_device<double>({0, 10, 1, 0});
  runtime.operations_in_double().layer_norm(runtime, {layout, 2, 0, {x, 2}, {weight, 2}, {bias, 2}, {x, 2}});
  const std::vector<double> y = on_host(x, 12);
  EXPECT_EQ(std::vector(y.begin(), y.begin() + 2), (std::vector<double>{-2, 11}));
  EXPECT_TRUE(std::isnan(y[2])) << "no spread and no epsilon";
  EXPECT_EQ(std::vector(y.begin() + 4, y.end()), (std::vector<double>{2, 9, 0, 3, 0, 0, 0, 0}));
}

TEST_F(EncoderOperationsTest, GeluIsExactOrByTanh) {
  double* const again = on_device<double>({1, 3, 2, 2, 4, 0, -1, 1, 0, 0, 0, 0});
  runtime.operations_in_double().gelu(runtime, {layout, 2, false, {x, 2}});
  runtime.operations_in_double().gelu(runtime, {layout, 2, true, {again, 2}});
  EXPECT_NEAR(on_host(x, 12)[0], 0.8413447460685429, 1e-15);
  EXPECT_NEAR(on_host(x, 12)[6], -0.15865525393145707, 1e-15);
  EXPECT_NEAR(on_host(again, 12)[0], 0.8411919906082768, 1e-15);
  EXPECT_EQ(on_host(x, 12)[11], 0);
}

TEST_F(EncoderOperationsTest, AMeanIsOverTheRowsOfADialogue) {
  double* const means = on_device<double>(std::vector<double>(8, -1));
  runtime.operations_in_double().dialogue_means(runtime, {layout, 2, {x, 2}, {means, 2}});
  EXPECT_EQ(on_host(means, 8), (std::vector<double>{1, 3, 3, 1, 0, 0, -1, 1}));
}

// Two slots with one parameter of three elements and a stride of four.
class UpdateTest : public GridTest {
 protected:
  void run(const std::vector<double>& loss, const std::vector<double>& gradient,
           const std::vector<std::int32_t>& learns) {
    OptimizerStep<double> step;
    step.learning_rate = 0.5;
    step.sgd = true;
    const Weights<double> weights = {3, {values, 4}, {moments, 4}, {moments, 4}, {on_device(gradient), 4}};
    Update<double> op;
    op.slots = 2;
    op.weights = &weights;
    op.count = 1;
    op.steps = on_device(std::vector<OptimizerStep<double>>(2, step));
    op.learns = on_device(learns);
    op.losses[0] = on_device(loss);
    op.loss_count = 1;
    op.norms = norms;
    runtime.operations_in_double().update(runtime, op);
  }

  double* values = on_device<double>({1, 2, 3, 0, 4, 5, 6, 0});
  double* moments = on_device<double>(std::vector<double>(8));
  double* norms = on_device<double>({0, 0});
  const double nan = std::numeric_limits<double>::quiet_NaN();
};

TEST_F(UpdateTest, EverySlotLearnsFromItsOwnGradient) {
  run({1, 1}, {2, 0, 0, nan, 0, 3, 4, nan}, {1, 1});

  EXPECT_EQ(on_host(values, 8), (std::vector<double>{0, 2, 3, 0, 4, 3.5, 4, 0}));
  EXPECT_EQ(on_host(norms, 2), (std::vector<double>{2, 5}));
}

TEST_F(UpdateTest, ASlotThatDivergesKeepsItsWeightsAndItsNeighbourLearns) {
  run({1, 1}, {nan, 0, 0, 0, 2, 0, 0, 0}, {1, 1});

  EXPECT_EQ(on_host(values, 8), (std::vector<double>{1, 2, 3, 0, 3, 5, 6, 0}));
  EXPECT_TRUE(std::isnan(on_host(norms, 2)[0]));
}

TEST_F(UpdateTest, ALossThatIsNotFiniteStopsTheUpdate) {
  run({std::numeric_limits<double>::infinity(), 1}, {2, 0, 0, 0, 2, 0, 0, 0}, {1, 1});

  EXPECT_EQ(on_host(values, 8), (std::vector<double>{1, 2, 3, 0, 3, 5, 6, 0}));
}

TEST_F(UpdateTest, ASlotWithoutAPartKeepsItsWeights) {
  run({0, 1}, {2, 0, 0, 0, 2, 0, 0, 0}, {0, 1});

  EXPECT_EQ(on_host(values, 8), (std::vector<double>{1, 2, 3, 0, 3, 5, 6, 0}));
}

}  // namespace
}  // namespace mer::grid
