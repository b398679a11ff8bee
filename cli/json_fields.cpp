#include "cli/json_fields.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "core/joined.hpp"
#include "core/json.hpp"

namespace mer::cli {
namespace {

using Json = nlohmann::ordered_json;

bool is_list_of_objects(const Json& value) {
  return value.is_array() && std::ranges::all_of(value, [](const Json& one) { return one.is_object(); });
}

// Keeps of `from` what `path` leads to; false: nothing is there.
bool keep(const Json& from, std::string_view path, Json& kept) {  // NOLINT(misc-no-recursion)
  if (is_list_of_objects(from)) {
    if (!kept.is_array()) kept = Json(from.size(), Json::object());
    bool found = from.empty();
    for (std::size_t i = 0; i < from.size(); ++i) found = keep(from[i], path, kept[i]) || found;
    return found;
  }
  const std::size_t dot = path.find('.');
  const std::string key(path.substr(0, dot));
  if (!from.is_object() || !from.contains(key)) return false;
  if (dot == std::string_view::npos) {
    kept[key] = from[key];
    return true;
  }
  Json within = kept.contains(key) ? kept[key] : Json();
  if (!keep(from[key], path.substr(dot + 1), within)) return false;
  kept[key] = std::move(within);
  return true;
}

// Where all lists are empty, each of them is kept: nobody knows what it would have held.
bool keep_of_lists(const Json& document, const std::string& field, Json& kept) {
  const auto filled = [](const Json& value) { return is_list_of_objects(value) && !value.empty(); };
  const bool all_are_empty = std::ranges::none_of(document, filled);
  bool found = false;
  for (const auto& [key, value] : document.items()) {
    if (!is_list_of_objects(value) || (value.empty() && !all_are_empty)) continue;
    found = keep(document, key + "." + field, kept) || found;
  }
  return found;
}

std::string fields_of(const Json& document) {
  std::set<std::string> names;
  for (const auto& [key, value] : document.items()) {
    if (key != "schema") names.insert(key);
    if (!is_list_of_objects(value)) continue;
    for (const Json& one : value) {
      for (const auto& [name, ignored] : one.items()) names.insert(name);
    }
  }
  return joined(names, ", ");
}

}  // namespace

Result<std::string> with_fields(const std::string& document, const std::vector<std::string>& fields) {
  const Json whole = Json::parse(document, nullptr, false);
  Json kept = Json::object();
  if (whole.contains("schema")) kept["schema"] = whole["schema"];
  for (const std::string& field : fields) {
    if (keep(whole, field, kept) || keep_of_lists(whole, field, kept)) continue;
    return invalid("--json: there is no field \"" + field + "\" here; there are: " + fields_of(whole));
  }
  return kept.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mer::cli
