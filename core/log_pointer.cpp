#include "core/log_pointer.hpp"

namespace mer {
namespace {

constexpr std::string_view kPointer = "trained in one stack: see ";
constexpr std::string_view kFolder = "logs/";

}  // namespace

std::string log_pointer(const std::string& log) {
  return std::string(kPointer) + log;
}

std::optional<std::string> pointed_log(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(kPointer)) return std::nullopt;
  const std::string_view log = text.substr(kPointer.size(), end - kPointer.size());
  if (!log.starts_with(kFolder) || log.find("..") != std::string_view::npos) return std::nullopt;
  return std::string(log);
}

}  // namespace mer
