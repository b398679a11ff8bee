#include "web/router.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "core/joined.hpp"

namespace mer::web {
namespace {

bool served(Needs needs, const ServerControls& controls) {
  switch (needs) {
    case Needs::nothing:
    case Needs::reader:
    case Needs::coordinator:
    case Needs::feed: return true;
    case Needs::control: return bool(controls.control);
    case Needs::submit: return bool(controls.submit);
    case Needs::explain: return bool(controls.explain);
    case Needs::submission: return bool(controls.submission);
    case Needs::log: return bool(controls.log);
    case Needs::representations: return bool(controls.representations);
  }
  return false;
}

std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);  // the /
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

// The values of the placeholders; nullopt: another path. REQUIRES: both begin with /.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> values;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (wanted.starts_with('{')) {
      if (given.empty()) return std::nullopt;
      values.emplace_back(given);
    } else if (wanted != given) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return values;
}

std::string names_of(const std::vector<Parameter>& parameters) {
  return joined(parameters, ", ", [](const Parameter& parameter) { return parameter.name; });
}

}  // namespace

Routed find_route(const std::vector<Route>& routes, const ServerControls& controls, bool post, std::string_view path) {
  Routed found;
  if (!path.starts_with('/')) return found;
  for (const Route& route : routes) {
    if (!served(route.needs, controls)) continue;
    auto values = match(route.path, path);
    if (!values) continue;
    found.allowed += (found.allowed.empty() ? "" : ", ") + (route.method == "GET" ? "GET, HEAD" : route.method);
    if ((route.method == "POST") != post) continue;
    found.route = &route;
    found.values = *std::move(values);
  }
  return found;
}

Status check_query(const Route& route, const Query& query) {
  if (route.any_query) return {};
  const auto& known = route.parameters;
  for (const auto& [name, value] : query) {
    if (std::ranges::find(known, name, &Parameter::name) != known.end()) continue;
    return invalid("query parameter " + name + " is unknown here; expected " +
                   (known.empty() ? std::string("none") : "one of " + names_of(known)));
  }
  for (const Parameter& parameter : known) {
    if (!parameter.required || !value_of(query, parameter.name).empty()) continue;
    return invalid("query parameter " + parameter.name + ": expected " + parameter.meaning);
  }
  return {};
}

}  // namespace mer::web
