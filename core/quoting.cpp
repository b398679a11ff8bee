#include "core/quoting.hpp"

#include "core/json.hpp"

namespace mer {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxListed = 12;

std::string ascii(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

}  // namespace

std::string quote(std::string_view text) {
  if (text.size() <= kMaxShown) return ascii(text);
  return ascii(text.substr(0, kMaxShown)) + "...";
}

std::string quote_list(const std::vector<std::string>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == kMaxListed) return text + ", ...";
    text += (i == 0 ? "" : ", ") + quote(values[i]);
  }
  return text;
}

std::string shown(const json& value) {
  if (value.is_structured() && value.size() > kMaxShown) {
    return std::string(value.is_array() ? "an array of " : "an object of ") + std::to_string(value.size());
  }
  std::string text = ascii(value);
  if (text.size() > kMaxShown) {
    text.resize(kMaxShown);
    text += "...";
  }
  return text;
}

}  // namespace mer
