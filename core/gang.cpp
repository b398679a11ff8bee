#include "core/gang.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mer {

bool leads(const Gang* gang) {
  return gang == nullptr || gang->rank() == 0;
}

// A byte and a length are whole numbers that a float and a double hold exactly.
std::string from_member(Gang& gang, int rank, const std::string& bytes) {
  const bool speaks = gang.rank() == rank;
  double length = speaks ? double(bytes.size()) : 0;
  gang.sum(std::span(&length, 1));
  std::vector<float> numbers(std::size_t(length), 0);
  if (speaks) std::ranges::transform(bytes, numbers.begin(), [](char byte) { return float(std::uint8_t(byte)); });
  if (!numbers.empty()) gang.sum(std::span(numbers));
  std::string result(numbers.size(), '\0');
  std::ranges::transform(numbers, result.begin(), [](float number) { return char(std::uint8_t(number)); });
  return result;
}

std::string from_leader(Gang& gang, const std::string& bytes) {
  return from_member(gang, 0, bytes);
}

double smallest_of(Gang& gang, double value) {
  std::vector<double> values(std::size_t(gang.size()), 0);
  values[std::size_t(gang.rank())] = value;
  gang.sum(std::span(values));
  return *std::ranges::min_element(values);
}

Status agreed(Gang* gang, const Status& own) {
  if (gang == nullptr) return own;
  const int first = int(smallest_of(*gang, own ? gang->size() : gang->rank()));
  if (first == gang->size()) return {};
  const std::string code = from_member(*gang, first, own ? "" : std::string(1, char(own.error().code)));
  return Error{ErrorCode(code.front()), from_member(*gang, first, own ? "" : own.error().message)};
}

}  // namespace mer
