#include "cli/duration.hpp"

#include <charconv>
#include <cstdint>
#include <string_view>

namespace mer::cli {
namespace {

constexpr std::int64_t kYear = std::int64_t{365} * 24 * 3600;

std::int64_t seconds_of(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1;
  if (unit == "m") return 60;
  return unit == "h" ? 3600 : 0;
}

}  // namespace

Result<std::chrono::seconds> duration_from(const std::string& text) {
  const char* const end = text.data() + text.size();
  std::int64_t number = 0;
  const auto [unit, error] = std::from_chars(text.data(), end, number);
  const std::int64_t factor = seconds_of({unit, std::size_t(end - unit)});
  if (error != std::errc() || factor == 0 || number < 0 || number > kYear / factor) {
    return invalid("\"" + text + "\" is not a length of time: write 90 or 90s, 10m, 2h; up to a year (8760h)");
  }
  return std::chrono::seconds(number * factor);
}

}  // namespace mer::cli
