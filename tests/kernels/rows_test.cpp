#include <cmath>

#include "core/philox.hpp"
#include "tests/kernels/each_kernel.hpp"

namespace mer::kernels {
namespace {

constexpr std::int64_t kRows = 75, kColumns = 21;

template <class T>
class RowsTest : public KernelTest<T> {};
TYPED_TEST_SUITE(RowsTest, NumberTypes);

double activated(double x, Activation activation) {
  if (activation == Activation::sigmoid) return 1 / (1 + std::exp(-x));
  return activation == Activation::relu ? std::max(x, 0.0) : x;
}

double derivative(double y, Activation activation) {
  if (activation == Activation::sigmoid) return y * (1 - y);
  return activation == Activation::relu && y <= 0 ? 0 : 1;
}

TYPED_TEST(RowsTest, ActivationAndItsSlope) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    for (const Activation activation : {Activation::none, Activation::sigmoid, Activation::relu}) {
      const std::vector<T> x = this->numbers(kRows * kColumns, -3, 3), bias = this->numbers(kColumns);
      const std::vector<T> gradient = this->numbers(kRows * kColumns);
      std::vector<T> y = x, slope(x.size()), bias_gradient(kColumns);
      kernels.activate({kRows, kColumns, {y.data(), kColumns}, bias.data(), activation});
      kernels.activate_backward({kRows,
                                 kColumns,
                                 {gradient.data(), kColumns},
                                 {y.data(), kColumns},
                                 {slope.data(), kColumns},
                                 bias_gradient.data(),
                                 activation});

      std::vector<double> expected, expected_slope, expected_sum(kColumns);
      for (std::size_t i = 0; i < x.size(); ++i) {
        expected.push_back(activated(double(x[i]) + double(bias[i % kColumns]), activation));
        expected_slope.push_back(double(gradient[i]) * derivative(expected.back(), activation));
        expected_sum[i % kColumns] += expected_slope.back();
      }
      this->expect_near(y, expected);
      this->expect_near(slope, expected_slope);
      this->expect_near(bias_gradient, expected_sum);
    }
  });
}

TYPED_TEST(RowsTest, OfALinearLayersSlopeOnlyTheSumIsNew) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    const std::vector<T> gradient = this->numbers(kRows * kColumns);
    std::vector<T> bias_gradient(kColumns);
    kernels.activate_backward({kRows, kColumns, {gradient.data(), kColumns}, {}, {}, bias_gradient.data()});
    std::vector<double> expected(kColumns);
    for (std::size_t i = 0; i < gradient.size(); ++i) expected[i % kColumns] += double(gradient[i]);
    this->expect_near(bias_gradient, expected);
  });
}

TYPED_TEST(RowsTest, ActivationsOfExtremeNumbers) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    std::vector<T> x = {T(-1e30), T(1e30), T(std::nan("")), T(-INFINITY), T(INFINITY)};
    kernels.activate({1, 5, {x.data(), 5}, nullptr, Activation::sigmoid});
    EXPECT_NEAR(x[0], 0, 1e-30);
    EXPECT_EQ(x[1], 1);
    EXPECT_TRUE(std::isnan(x[2]));
    EXPECT_NEAR(x[3], 0, 1e-30);
    EXPECT_EQ(x[4], 1);
    std::vector<T> y = {T(std::nan("")), T(-1)};
    kernels.activate({1, 2, {y.data(), 2}, nullptr, Activation::relu});
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_EQ(y[1], 0);
  });
}

TYPED_TEST(RowsTest, DropoutIsPhiloxNumberByNumber) {
  using T = TypeParam;
  const std::vector<std::int64_t> dialogues = {0, 4, 4, 9};
  const auto key = philox_key(42, RandomPurpose::dropout);
  this->each([&](const Kernels<T>& kernels) {
    for (const std::int64_t columns : {1, 22, 100}) {
      std::vector<T> mask(std::size_t(9 * columns));
      kernels.dropout_mask({dialogues, 5, columns, key, 3, 17, 0.2, {mask.data(), columns}});
      const std::int64_t blocks = (columns + 3) / 4;
      for (std::uint32_t d = 0; d < 3; ++d) {
        for (std::int64_t row = dialogues[d]; row < dialogues[d + 1]; ++row) {
          for (std::int64_t j = 0; j < columns; ++j) {
            const auto turn = std::uint32_t((row - dialogues[d]) * blocks + j / 4);
            const double number = double(uniform_float(philox4x32({3, 17, 5 + d, turn}, key)[std::size_t(j % 4)]));
            ASSERT_EQ(mask[std::size_t(row * columns + j)], number >= 0.2 ? T(1 / 0.8) : T(0));
          }
        }
      }
    }
  });
}

// Central moments of a column, in double.
std::vector<double> moments_of(const std::vector<double>& x, std::int64_t column, std::int64_t count) {
  std::vector<double> moments(static_cast<std::size_t>(count));
  for (std::int64_t row = 0; row < kRows; ++row) moments[0] += x[std::size_t(row * kColumns + column)] / kRows;
  for (std::int64_t k = 2; k <= count; ++k) {
    for (std::int64_t row = 0; row < kRows; ++row) {
      moments[std::size_t(k - 1)] += std::pow(x[std::size_t(row * kColumns + column)] - moments[0], double(k)) / kRows;
    }
  }
  return moments;
}

// The same by kernels: sums divided by the rows.
template <class T>
std::vector<T> moments_by(const Kernels<T>& kernels, const std::vector<T>& x, std::int64_t count) {
  std::vector<T> moments(std::size_t(count * kColumns));
  kernels.column_sums({kRows, kColumns, {x.data(), kColumns}, moments.data()});
  for (std::size_t j = 0; j < kColumns; ++j) moments[j] /= T(kRows);
  kernels.central_sums(
      {kRows, kColumns, count, {x.data(), kColumns}, moments.data(), {moments.data() + kColumns, kColumns}});
  for (std::size_t i = kColumns; i < moments.size(); ++i) moments[i] /= T(kRows);
  return moments;
}

TYPED_TEST(RowsTest, MomentsOfColumns) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    const std::vector<T> x = this->numbers(kRows * kColumns, 0, 1);
    for (const std::int64_t count : {1, 2, 5}) {
      const std::vector<T> moments = moments_by(kernels, x, count);
      for (std::int64_t j = 0; j < kColumns; ++j) {
        const std::vector<double> expected = moments_of(wide(x), j, count);
        for (std::int64_t k = 0; k < count; ++k) {
          ASSERT_NEAR(double(moments[std::size_t(k * kColumns + j)]), expected[std::size_t(k)], this->kTolerance);
        }
      }
    }
  });
}

TEST(RowsGradientTest, MomentsEqualDifferences) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<double> x(std::size_t(kRows * kColumns)), slopes(std::size_t(5 * kColumns));
  for (double& value : x) value = uniform(random);
  for (double& value : slopes) value = uniform(random);
  for (const Kernels<double>& kernels : all_kernels<double>()) {
    const std::vector<double> moments = moments_by(kernels, x, 5);
    std::vector<double> gradient(x.size());
    kernels.column_moments_backward({kRows,
                                     kColumns,
                                     5,
                                     kRows,
                                     {x.data(), kColumns},
                                     {moments.data(), kColumns},
                                     {slopes.data(), kColumns},
                                     {gradient.data(), kColumns}});
    for (std::int64_t j = 0; j < kColumns; ++j) {
      const auto loss = [&] {
        const std::vector<double> values = moments_of(x, j, 5);
        double sum = 0;
        for (std::int64_t k = 0; k < 5; ++k) sum += values[std::size_t(k)] * slopes[std::size_t(k * kColumns + j)];
        return sum;
      };
      for (std::int64_t row = 0; row < kRows; row += 10) {
        const auto at = std::size_t(row * kColumns + j);
        ASSERT_NEAR(gradient[at], slope_of(&x[at], loss), 1e-9);
      }
    }
  }
}

TYPED_TEST(RowsTest, UnitRowsAndTheirSlope) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    const std::vector<T> x = this->numbers(kRows * kColumns);
    const std::vector<T> gradient = this->numbers(kRows * kColumns);
    std::vector<T> y(x.size()), factor(kRows), slope = gradient;
    const std::vector<T> means = moments_by(kernels, x, 1);
    kernels.unit_rows({kRows, kColumns, 1e-6, {x.data(), kColumns}, means.data(), {y.data(), kColumns}, factor.data()});
    std::vector<T> slope_mean(kColumns);
    kernels.scale_rows({kRows, kColumns, factor.data(), {slope.data(), kColumns}, slope_mean.data()});
    for (T& value : slope_mean) value /= T(kRows);
    kernels.centre({kRows, kColumns, slope_mean.data(), {slope.data(), kColumns}});

    std::vector<double> expected = wide(x), expected_slope = wide(gradient);
    for (std::size_t j = 0; j < kColumns; ++j) {
      const double mean = moments_of(wide(x), std::int64_t(j), 1)[0];
      for (std::size_t row = 0; row < kRows; ++row) expected[row * kColumns + j] -= mean;
    }
    for (std::size_t row = 0; row < kRows; ++row) {
      double squares = 0;
      for (std::size_t j = 0; j < kColumns; ++j) squares += std::pow(expected[row * kColumns + j], 2);
      for (std::size_t j = 0; j < kColumns; ++j) {
        expected[row * kColumns + j] /= std::sqrt(squares) + 1e-6;
        expected_slope[row * kColumns + j] /= std::sqrt(squares) + 1e-6;
      }
    }
    for (std::size_t j = 0; j < kColumns; ++j) {
      const double mean = moments_of(expected_slope, std::int64_t(j), 1)[0];
      for (std::size_t row = 0; row < kRows; ++row) expected_slope[row * kColumns + j] -= mean;
    }
    this->expect_near(y, expected);
    this->expect_near(slope, expected_slope);
  });
}

// With the rows' lengths held: they are not differentiated.
TEST(RowsGradientTest, UnitRowsEqualDifferences) {
  std::mt19937 random(6);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> x(std::size_t(kRows * kColumns)), factors(x.size());
  for (double& value : x) value = uniform(random);
  for (double& value : factors) value = uniform(random);
  for (const Kernels<double>& kernels : all_kernels<double>()) {
    std::vector<double> y(x.size()), factor(kRows), slope = factors;
    const std::vector<double> means = moments_by(kernels, x, 1);
    kernels.unit_rows({kRows, kColumns, 1e-6, {x.data(), kColumns}, means.data(), {y.data(), kColumns}, factor.data()});
    std::vector<double> slope_mean(kColumns);
    kernels.scale_rows({kRows, kColumns, factor.data(), {slope.data(), kColumns}, slope_mean.data()});
    for (double& value : slope_mean) value /= double(kRows);
    kernels.centre({kRows, kColumns, slope_mean.data(), {slope.data(), kColumns}});
    for (std::size_t at = 0; at < x.size(); at += 50) {
      const std::size_t column = at % kColumns;
      const auto loss = [&] {
        const double mean = moments_of(x, std::int64_t(column), 1)[0];
        double sum = 0;
        for (std::size_t i = column; i < x.size(); i += kColumns) {
          sum += factors[i] * (x[i] - mean) * factor[i / kColumns];
        }
        return sum;
      };
      ASSERT_NEAR(slope[at], slope_of(&x[at], loss), 1e-9);
    }
  }
}

}  // namespace
}  // namespace mer::kernels
