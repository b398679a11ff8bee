#include <cmath>

#include "tests/kernels/each_kernel.hpp"

namespace mer::kernels {
namespace {

constexpr std::int64_t kCount = 43;

template <class T>
class UpdateTest : public KernelTest<T> {};
TYPED_TEST_SUITE(UpdateTest, NumberTypes);

TYPED_TEST(UpdateTest, AdamIsTheFormula) {
  using T = TypeParam;
  const AdamStep<T> step{T(0.01), T(0.9), T(0.1), T(0.999), T(0.001), T(1e-8), T(0.02), T(0.5)};
  this->each([&](const Kernels<T>& kernels) {
    std::vector<T> parameter = this->numbers(kCount), average = this->numbers(kCount);
    std::vector<T> square = this->numbers(kCount, 0.1, 1);
    const std::vector<T> gradient = this->numbers(kCount);
    std::vector<double> p, m, v;
    for (std::size_t i = 0; i < std::size_t(kCount); ++i) {
      const double value = double(parameter[i]) * 0.9, slope = double(gradient[i]) + 0.01 * value;
      m.push_back(0.9 * double(average[i]) + 0.1 * slope);
      v.push_back(0.999 * double(square[i]) + 0.001 * slope * slope);
      p.push_back(value - 0.02 * m.back() / (std::sqrt(v.back()) / 0.5 + 1e-8));
    }
    kernels.adam(step, kCount, parameter.data(), gradient.data(), average.data(), square.data());
    this->expect_near(parameter, p);
    this->expect_near(average, m);
    this->expect_near(square, v);
  });
}

TYPED_TEST(UpdateTest, SgdIsTheFormula) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    std::vector<T> parameter = this->numbers(kCount);
    const std::vector<T> gradient = this->numbers(kCount);
    std::vector<double> expected;
    for (std::size_t i = 0; i < std::size_t(kCount); ++i) {
      expected.push_back(double(parameter[i]) - 0.125 * (double(gradient[i]) + 0.5 * double(parameter[i])));
    }
    kernels.sgd(T(0.125), T(0.5), kCount, parameter.data(), gradient.data());
    this->expect_near(parameter, expected);
  });
}

TYPED_TEST(UpdateTest, SumsAreOfEveryElementOnce) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    for (const std::int64_t count : {0, 1, 7, 8, 9, 1001}) {
      const std::vector<T> x = this->numbers(count), y = this->numbers(count);
      double squares = 0, differences = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        squares += double(x[i]) * double(x[i]);
        differences += std::pow(double(x[i]) - double(y[i]), 2);
      }
      EXPECT_NEAR(kernels.sum_of_squares(x.data(), count), squares, 1e-10);
      EXPECT_NEAR(kernels.sum_of_squared_differences(x.data(), y.data(), count), differences, 1e-10);
    }
  });
}

TYPED_TEST(UpdateTest, StandardisedFeaturesAreExactInEverySet) {
  using T = TypeParam;
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform(-5, 5);
  std::vector<float> from(std::size_t{kCount});
  std::vector<double> mean(from.size()), factor(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) {
    from[i] = float(uniform(random));
    mean[i] = uniform(random);
    factor[i] = uniform(random);
  }
  this->each([&](const Kernels<T>& kernels) {
    std::vector<T> to(from.size());
    kernels.standardise(from.data(), mean.data(), factor.data(), kCount, to.data());
    for (std::size_t i = 0; i < from.size(); ++i) EXPECT_EQ(to[i], T((double(from[i]) - mean[i]) * factor[i]));
  });
}

}  // namespace
}  // namespace mer::kernels
