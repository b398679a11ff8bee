#include "core/sweep_check.hpp"

#include <algorithm>

#include "core/joined.hpp"
#include "core/json.hpp"
#include "core/nearest.hpp"
#include "core/quoting.hpp"

namespace mer {

using nlohmann::json;

Error SweepOrigin::error(const std::string& pointer, const std::string& message) const {
  std::string where = file;
  for (const auto& [overridden, argument] : overrides) {
    const bool inside = pointer.compare(0, overridden.size(), overridden) == 0 &&
                        (pointer.size() == overridden.size() || pointer[overridden.size()] == '/');
    if (inside) where = "--set " + argument;
  }
  return invalid(where + ": " + (pointer.empty() ? "/" : pointer) + ": " + message);
}

Status check_object(const SweepOrigin& origin, const std::string& pointer, const json& value) {
  if (value.is_object()) return {};
  return origin.error(pointer, shown(value) + " is not allowed; allowed: an object {...}");
}

Status check_not_empty_array(const SweepOrigin& origin, const std::string& pointer, const json& value) {
  if (value.is_array() && !value.empty()) return {};
  return origin.error(pointer, shown(value) + " is not allowed; allowed: an array of at least one value");
}

Status check_keys(const SweepOrigin& origin, const std::string& pointer, const json& object,
                  const std::vector<std::string>& allowed) {
  for (const auto& [key, value] : object.items()) {
    if (std::count(allowed.begin(), allowed.end(), key)) continue;
    return origin.error(pointer_to(pointer, key), "unknown key " + shown(json(key)) + did_you_mean(key, allowed) +
                                                      "; allowed: " + joined(allowed, ", "));
  }
  return {};
}

Status check_value(const SweepOrigin& origin, const std::string& pointer, const Field& field, const json& value) {
  if (allows(field, value)) return {};
  const std::string near = value.is_string() ? did_you_mean(value.get<std::string>(), field.words) : "";
  return origin.error(pointer, shown(value) + " is not allowed" + near + "; allowed: " + allowed_text(field));
}

}  // namespace mer
