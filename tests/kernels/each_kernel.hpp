// Runs a test with every number type and every instruction set that this processor has.
//
//   TYPED_TEST(KernelTest, Name) { this->each([](const auto& kernels) { ... }); }
#pragma once

#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "model/kernels/kernels.hpp"

namespace mer::kernels {

template <class T>
class KernelTest : public testing::Test {
 protected:
  // Rounding of sums of some hundred numbers around 1.
  static constexpr double kTolerance = sizeof(T) == 4 ? 2e-5 : 1e-12;

  template <class Test>
  void each(const Test& test) {
    for (const Kernels<T>& table : all_kernels<T>()) {
      SCOPED_TRACE(table.instruction_set);
      random_.seed(7);
      test(table);
    }
  }

  std::vector<T> numbers(std::int64_t count, double low = -1, double high = 1) {
    std::uniform_real_distribution<double> uniform(low, high);
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values) value = T(uniform(random_));
    return values;
  }

  static void expect_near(const std::vector<T>& values, const std::vector<double>& expected) {
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(double(values[i]), expected[i], kTolerance) << i;
  }

  std::mt19937 random_;
};

using NumberTypes = testing::Types<float, double>;

inline std::vector<double> wide(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}
inline std::vector<double> wide(const std::vector<double>& values) {
  return values;
}

// The derivative of loss() by *at, from two values of it.
template <class Loss>
double slope_of(double* at, const Loss& loss) {
  constexpr double kStep = 1e-6;
  const double value = *at;
  *at = value + kStep;
  const double above = loss();
  *at = value - kStep;
  const double below = loss();
  *at = value;
  return (above - below) / (2 * kStep);
}

}  // namespace mer::kernels
