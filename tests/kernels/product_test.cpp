#include "tests/kernels/each_kernel.hpp"

namespace mer::kernels {
namespace {

template <class T>
class ProductTest : public KernelTest<T> {};
TYPED_TEST_SUITE(ProductTest, NumberTypes);

struct Size {
  std::int64_t rows, columns, inner;
};
// Around the block of 4 rows and 3 vectors of 4, 8 or 16 numbers.
const Size kSizes[] = {{1, 1, 1},   {3, 5, 2},  {4, 16, 7},    {5, 17, 3},
                       {8, 48, 50}, {9, 49, 4}, {13, 150, 50}, {2, 95, 0}};

template <class T>
std::vector<double> reference(const Size& size, const std::vector<T>& a, const std::vector<T>& b, bool transposed) {
  std::vector<double> c(std::size_t(size.rows * size.columns));
  for (std::int64_t i = 0; i < size.rows; ++i) {
    for (std::int64_t j = 0; j < size.columns; ++j) {
      for (std::int64_t k = 0; k < size.inner; ++k) {
        const std::int64_t at = transposed ? k * size.rows + i : i * size.inner + k;
        c[std::size_t(i * size.columns + j)] +=
            double(a[std::size_t(at)]) * double(b[std::size_t(k * size.columns + j)]);
      }
    }
  }
  return c;
}

TYPED_TEST(ProductTest, EqualsThePlainSum) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    for (const Size& size : kSizes) {
      SCOPED_TRACE(testing::Message() << size.rows << " " << size.columns << " " << size.inner);
      const std::vector<T> a = this->numbers(size.rows * size.inner);
      const std::vector<T> b = this->numbers(size.inner * size.columns);
      std::vector<T> c = this->numbers(size.rows * size.columns);
      const std::vector<T> before = c;
      kernels.product({size.rows,
                       size.columns,
                       size.inner,
                       a.data(),
                       size.inner,
                       1,
                       {b.data(), size.columns},
                       {c.data(), size.columns}});
      this->expect_near(c, reference(size, a, b, false));

      c = before;
      kernels.product({size.rows,
                       size.columns,
                       size.inner,
                       a.data(),
                       1,
                       size.rows,
                       {b.data(), size.columns},
                       {c.data(), size.columns},
                       true});
      std::vector<double> sum = reference(size, a, b, true);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += double(before[i]);
      this->expect_near(c, sum);
    }
  });
}

TYPED_TEST(ProductTest, ARowsBitsDoNotDependOnTheOtherRows) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    const std::vector<T> a = this->numbers(7 * 50);
    const std::vector<T> b = this->numbers(50 * 150);
    std::vector<T> all(7 * 150), alone(150);
    kernels.product({7, 150, 50, a.data(), 50, 1, {b.data(), 150}, {all.data(), 150}});
    for (std::int64_t row = 0; row < 7; ++row) {
      kernels.product({1, 150, 50, a.data() + row * 50, 50, 1, {b.data(), 150}, {alone.data(), 150}});
      EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + row * 150));
    }
  });
}

TYPED_TEST(ProductTest, WritesNothingBesideItsColumns) {
  using T = TypeParam;
  this->each([&](const Kernels<T>& kernels) {
    const std::vector<T> a = this->numbers(6), b = this->numbers(3 * 10);
    std::vector<T> c(2 * 10, T(5));
    kernels.product({2, 7, 3, a.data(), 3, 1, {b.data(), 10}, {c.data(), 10}});
    for (const std::size_t beside : {7U, 8U, 9U, 17U, 18U, 19U}) EXPECT_EQ(c[beside], T(5));
  });
}

TEST(InstructionSetTest, TheBestComesFirstAndPlainCodeIsAlwaysThere) {
  const std::vector<Kernels<float>> tables = all_kernels<float>();
  EXPECT_STREQ(tables.front().instruction_set, kernels<float>().instruction_set);
  EXPECT_STREQ(tables.back().instruction_set, "SCALAR");
  EXPECT_EQ(tables.size(), all_kernels<double>().size());
#ifdef __x86_64__
  EXPECT_EQ(tables.size(), 1U + (__builtin_cpu_supports("avx2") ? 1U : 0U) +
                               (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") ? 1U : 0U));
#endif
}

}  // namespace
}  // namespace mer::kernels
