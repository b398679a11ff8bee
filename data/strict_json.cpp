#include "data/strict_json.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <vector>

namespace mer::data {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kMaxShown = 80;
constexpr std::size_t kMaxListed = 12;

std::string cut(std::string text) {
  if (text.size() > kMaxShown) text = text.substr(0, kMaxShown) + "...";
  return text;
}

// nlohmann keeps the last of two equal keys, and nests without a bound; a parser callback can refuse both.
template <class Json>
class Guard {
 public:
  bool operator()(int, typename Json::parse_event_t event, Json& parsed) {
    using Event = typename Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (keys_.size() == kMaxDepth) throw std::runtime_error("nested deeper than " + std::to_string(kMaxDepth));
      keys_.emplace_back();
    } else if (event == Event::object_end || event == Event::array_end) {
      keys_.pop_back();
    } else if (event == Event::key) {
      const auto& key = parsed.template get_ref<const std::string&>();
      if (!keys_.back().insert(key).second) throw std::runtime_error("key " + quote(key) + " stands twice");
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;
};

template <class Json>
Result<Json> parse(std::string_view text, const std::string& where) {
  try {
    Guard<Json> guard;
    return Json::parse(text, [&guard](int depth, typename Json::parse_event_t event, Json& parsed) {
      return guard(depth, event, parsed);
    });
  } catch (const std::exception& error) {
    return invalid(where + ": not valid JSON: " + error.what());
  }
}

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text, const std::string& where) {
  return parse<nlohmann::json>(text, where);
}

Result<nlohmann::ordered_json> parse_ordered_json(std::string_view text, const std::string& where) {
  return parse<nlohmann::ordered_json>(text, where);
}

std::string quote(std::string_view text) {
  const auto replace = nlohmann::json::error_handler_t::replace;
  if (text.size() <= kMaxShown) return nlohmann::json(text).dump(-1, ' ', true, replace);
  return nlohmann::json(text.substr(0, kMaxShown)).dump(-1, ' ', true, replace) + "...";
}

std::string quote_list(const std::vector<std::string>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == kMaxListed) return text + ", ...";
    text += (i == 0 ? "" : ", ") + quote(values[i]);
  }
  return text;
}

std::string shown(const nlohmann::json& value) {
  return cut(value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

}  // namespace mer::data
