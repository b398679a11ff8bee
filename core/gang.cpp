#include "core/gang.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mer {

// A byte and a length are whole numbers that a double holds exactly.
std::string from_leader(Gang& gang, const std::string& bytes) {
  const bool leads = gang.rank() == 0;
  double length = leads ? double(bytes.size()) : 0;
  gang.sum(std::span(&length, 1));
  std::vector<float> numbers(std::size_t(length), 0);
  if (leads) std::ranges::transform(bytes, numbers.begin(), [](char byte) { return float(std::uint8_t(byte)); });
  if (!numbers.empty()) gang.sum(std::span(numbers));
  std::string result(numbers.size(), '\0');
  std::ranges::transform(numbers, result.begin(), [](float number) { return char(std::uint8_t(number)); });
  return result;
}

double smallest_of(Gang& gang, double value) {
  std::vector<double> values(std::size_t(gang.size()), 0);
  values[std::size_t(gang.rank())] = value;
  gang.sum(std::span(values));
  return *std::ranges::min_element(values);
}

}  // namespace mer
