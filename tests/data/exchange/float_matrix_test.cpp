#include "data/exchange/float_matrix.hpp"

#include <bit>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::vector<float> row_of(TensorType type, std::string_view elements) {
  const auto columns = std::int64_t(elements.size() / size_of(type));
  return float_matrix({type, {1, columns}, false, elements}, "x").value().values;
}

TEST(FloatMatrixTest, HalvesAreConvertedOneByOne) {
  const std::vector<std::uint16_t> halves = {0x0000, 0x8000, 0x3C00, 0xC000, 0x7BFF,
                                             0x0001, 0x03FF, 0x0400, 0x7C00, 0xFC00};

  const std::vector<float> values = row_of(TensorType::f16, bytes_of(halves));

  EXPECT_THAT(values, ElementsAre(0.0F, -0.0F, 1.0F, -2.0F, 65504.0F, 0x1p-24F, 0x3FFp-24F, 0x1p-14F, float(HUGE_VAL),
                                  float(-HUGE_VAL)));
  EXPECT_TRUE(std::signbit(values[1]));
  const std::vector<std::uint16_t> nan = {0x7E01};
  EXPECT_TRUE(std::isnan(row_of(TensorType::f16, bytes_of(nan))[0]));
  const std::vector<std::uint16_t> brain = {0x3FC0, 0xC010};
  EXPECT_THAT(row_of(TensorType::bf16, bytes_of(brain)), ElementsAre(1.5F, -2.25F));
}

TEST(FloatMatrixTest, DoublesAreRoundedAndThoseThatDoNotFitAreNamed) {
  const std::vector<double> small = {0.1, 1e-300};
  const std::vector<double> large = {0, 0, 0, 1e39};

  EXPECT_THAT(row_of(TensorType::f64, bytes_of(small)), ElementsAre(0.1F, 0.0F));
  const auto refused = float_matrix({TensorType::f64, {2, 2}, true, bytes_of(large)}, "x");

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "x: row 1, column 1 is 1e+39, too large for a float32");
}

TEST(FloatMatrixTest, OnlyMatricesOfFloatsWithSomethingInThem) {
  const auto message = [](TensorType type, const std::vector<std::int64_t>& shape) {
    return float_matrix({type, shape, false, ""}, "x").error().message;
  };

  EXPECT_THAT(message(TensorType::f32, {0}), HasSubstr("shape [0], expected [utterances, features]"));
  EXPECT_THAT(message(TensorType::f32, {0, 3}), HasSubstr("shape [0,3]"));
  EXPECT_THAT(message(TensorType::f32, {3, 0}), HasSubstr("shape [3,0]"));
  EXPECT_THAT(message(TensorType::f32, {0, 3, 4}), HasSubstr("array.mean(axis=1)"));
  EXPECT_THAT(message(TensorType::i64, {2, 2}), HasSubstr("holds whole numbers"));
}

}  // namespace
}  // namespace mer::data
