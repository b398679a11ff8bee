#include "core/philox.hpp"

#include <gtest/gtest.h>
#include <set>

namespace mer {
namespace {

// Known answers of the authors' Random123 library (tests/kat_vectors, philox4x32 10).
TEST(PhiloxTest, AgreesWithRandom123) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(PhiloxTest, EveryPurposeAndSeedHasAKeyOfItsOwn) {
  std::set<std::array<std::uint32_t, 2>> keys;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (std::uint32_t purpose = 1; purpose <= 6; ++purpose) {
      keys.insert(philox_key(seed, static_cast<RandomPurpose>(purpose)));
    }
  }

  EXPECT_EQ(keys.size(), 600U);
}

TEST(PhiloxTest, UniformNumbersStayBelowOne) {
  EXPECT_EQ(uniform_float(0), 0.0F);
  EXPECT_LT(uniform_float(0xffffffff), 1.0F);
  EXPECT_EQ(uniform_double(0, 0), 0.0);
  EXPECT_LT(uniform_double(0xffffffff, 0xffffffff), 1.0);
}

TEST(PhiloxTest, UniformNumbersHaveTheMomentsOfAUniformDistribution) {
  const auto key = philox_key(7, RandomPurpose::dropout);
  double sum = 0, squares = 0;
  constexpr int kDraws = 20000;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const double u = uniform_float(philox4x32({i, 0, 0, 0}, key)[3]);
    sum += u;
    squares += u * u;
  }

  EXPECT_NEAR(sum / kDraws, 0.5, 0.01);
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 0.01);
}

}  // namespace
}  // namespace mer
