#include "data/exchange/float_matrix.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "core/json.hpp"
#include "core/quoting.hpp"

namespace mer::data {
namespace {

constexpr std::size_t kMaxDim = 10'000'000;  // as in corpus.json

template <class T>
T element(std::string_view elements, std::size_t at) {
  T value;
  std::memcpy(&value, elements.data() + at * sizeof(T), sizeof(T));
  return value;
}

// IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction.
double of_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const double fraction = bits & 0x3FF;
  const double size = exponent == 0x1F ? (fraction == 0 ? HUGE_VAL : std::nan(""))
                      : exponent == 0  ? std::ldexp(fraction, -24)
                                       : std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

double value_of(const RawMatrix& raw, std::size_t at) {
  switch (raw.type) {
    case TensorType::f32: return element<float>(raw.elements, at);
    case TensorType::f64: return element<double>(raw.elements, at);
    case TensorType::f16: return of_half(element<std::uint16_t>(raw.elements, at));
    case TensorType::bf16: return std::bit_cast<float>(std::uint32_t{element<std::uint16_t>(raw.elements, at)} << 16);
    default: return std::nan("");
  }
}

bool is_float(TensorType type) {
  return type != TensorType::i64 && type != TensorType::u8;
}

Status check_shape(const RawMatrix& raw, const std::string& where) {
  if (!is_float(raw.type)) return invalid(where + ": holds whole numbers, expected floats; array.astype(\"float32\")");
  if (raw.shape.size() == 2 && raw.shape[0] > 0 && raw.shape[1] > 0 && std::size_t(raw.shape[1]) <= kMaxDim) return {};
  return invalid(where + ": shape " + shown(raw.shape) +
                 ", expected [utterances, features]: one vector an utterance, " +
                 (raw.shape.size() == 3 ? "say the mean over time: array.mean(axis=1)" : "of one number or more"));
}

}  // namespace

Result<FloatMatrix> float_matrix(const RawMatrix& raw, const std::string& where) {
  MER_TRY(check_shape(raw, where));
  FloatMatrix matrix{std::size_t(raw.shape[0]), std::size_t(raw.shape[1]), {}};
  matrix.values.reserve(matrix.rows * matrix.dim);
  for (std::size_t row = 0; row < matrix.rows; ++row) {
    for (std::size_t column = 0; column < matrix.dim; ++column) {
      const std::size_t at = raw.column_by_column ? column * matrix.rows + row : row * matrix.dim + column;
      const double value = value_of(raw, at);
      matrix.values.push_back(float(value));
      if (std::isfinite(value) && !std::isfinite(matrix.values.back())) {
        return invalid(where + ": row " + std::to_string(row) + ", column " + std::to_string(column) + " is " +
                       nlohmann::json(value).dump() + ", too large for a float32");
      }
    }
  }
  return matrix;
}

}  // namespace mer::data
