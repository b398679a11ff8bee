#include "core/sweep_expand.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <set>

#include "core/json.hpp"
#include "core/nearest.hpp"
#include "core/philox.hpp"
#include "core/quoting.hpp"
#include "core/sha256.hpp"
#include "core/sweep_file.hpp"

namespace mer {

using nlohmann::json;

namespace {
using Points = std::vector<json>;

constexpr std::int64_t kMaxSeed = 9007199254740991;  // 2^53 - 1

// The field that a path names, if it may vary.
Result<const Field*> varying_field(const SweepOrigin& origin, const std::string& pointer, const std::string& path) {
  const Field* field = find_field(path);
  if (field != nullptr && field->may_vary) return field;
  if (field != nullptr) {
    return origin.error(pointer, "\"" + path + "\" cannot vary; allowed: fields of corpus, folds, model and train");
  }
  return origin.error(pointer, "unknown field " + shown(json(path)) + did_you_mean(path, varying_paths()) +
                                   "; allowed: paths such as \"model.alpha\" of corpus, folds, model and train");
}

Status check_values(const SweepOrigin& origin, const std::string& pointer, const std::string& path,
                    const json& values) {
  MER_ASSIGN(const Field* field, varying_field(origin, pointer, path));
  MER_TRY(check_not_empty_array(origin, pointer, values));
  for (std::size_t i = 0; i < values.size(); ++i) {
    MER_TRY(check_value(origin, pointer + "/" + std::to_string(i), *field, values[i]));
  }
  return {};
}

Status check_not_empty(const SweepOrigin& origin, const std::string& pointer, const json& group) {
  MER_TRY(check_object(origin, pointer, group));
  if (!group.empty()) return {};
  return origin.error(pointer, "{} is not allowed; allowed: at least one field, such as \"model.alpha\": [0, 0.1]");
}

// Every point of `left` with every point of `right`, the right one varying fastest.
Result<Points> product(const SweepOrigin& origin, const std::string& pointer, const Points& left, const Points& right) {
  if (right.size() > kMaxConfigurations / left.size()) {
    return origin.error(pointer, "too many configurations; allowed: up to " + std::to_string(kMaxConfigurations));
  }
  Points points;
  points.reserve(left.size() * right.size());
  for (const json& a : left) {
    for (const json& b : right) {
      points.push_back(a);
      points.back().update(b);
    }
  }
  return points;
}

Result<Points> grid_points(const SweepOrigin& origin, const json& group) {
  MER_TRY(check_not_empty(origin, "/grid", group));
  Points points = {json::object()};
  for (const auto& [path, values] : group.items()) {
    const std::string pointer = pointer_to("/grid", path);
    MER_TRY(check_values(origin, pointer, path, values));
    Points axis;
    for (const json& value : values) axis.push_back({{path, value}});
    MER_ASSIGN(points, product(origin, pointer, points, axis));
  }
  return points;
}

Result<Points> zip_points(const SweepOrigin& origin, const json& group) {
  MER_TRY(check_not_empty(origin, "/zip", group));
  const std::string& first = group.begin().key();
  Points points;
  for (const auto& [path, values] : group.items()) {
    const std::string pointer = pointer_to("/zip", path);
    MER_TRY(check_values(origin, pointer, path, values));
    if (points.empty()) points.assign(values.size(), json::object());
    if (values.size() != points.size()) {
      return origin.error(pointer, std::to_string(values.size()) + " values, but \"" + first + "\" has " +
                                       std::to_string(points.size()) + "; allowed: lists of equal length");
    }
    for (std::size_t i = 0; i < values.size(); ++i) points[i][path] = values[i];
  }
  return points;
}

Result<Points> list_points(const SweepOrigin& origin, const json& group) {
  MER_TRY(check_not_empty_array(origin, "/list", group));
  Points points;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const std::string pointer = "/list/" + std::to_string(i);
    MER_TRY(check_object(origin, pointer, group[i]));
    for (const auto& [path, value] : group[i].items()) {
      MER_ASSIGN(const Field* field, varying_field(origin, pointer_to(pointer, path), path));
      MER_TRY(check_value(origin, pointer_to(pointer, path), *field, value));
    }
    points.push_back(group[i]);
  }
  return points;
}

// --- random ---
struct Range {
  std::string path;
  std::string kind;  // log, linear, int, choice
  json values;       // two bounds, or the choices
};

Status check_bounds(const SweepOrigin& origin, const std::string& pointer, const Field& field, const Range& range) {
  const bool whole = range.kind == "int";
  const bool fits =
      whole ? field.type == FieldType::integer || field.type == FieldType::number : field.type == FieldType::number;
  if (!fits) {
    return origin.error(pointer, "\"" + range.kind + "\" does not suit " + field.path + ", which is " +
                                     allowed_text(field) +
                                     "; allowed: " + (field.type == FieldType::integer ? "int, choice" : "choice"));
  }
  if (range.values.size() != 2) {
    return origin.error(pointer, shown(range.values) + " is not allowed; allowed: two bounds [low, high]");
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string at = pointer + "/" + std::to_string(i);
    MER_TRY(check_value(origin, at, field, range.values[i]));
    if (whole && !range.values[i].is_number_integer()) {
      return origin.error(at, shown(range.values[i]) + " is not allowed; allowed: an integer");
    }
  }
  const double low = range.values[0].get<double>();
  if (!(low < range.values[1].get<double>())) {
    return origin.error(pointer, shown(range.values) + " is not allowed; allowed: [low, high] with low < high");
  }
  if (range.kind == "log" && low <= 0) {
    return origin.error(pointer + "/0", shown(range.values[0]) + " is not allowed; allowed: a number above 0 for log");
  }
  return {};
}

Result<Range> range_of(const SweepOrigin& origin, const std::string& path, const json& value) {
  const std::string pointer = pointer_to("/random", path);
  MER_ASSIGN(const Field* field, varying_field(origin, pointer, path));
  MER_TRY(check_object(origin, pointer, value));
  MER_TRY(check_keys(origin, pointer, value, {"log", "linear", "int", "choice"}));
  if (value.size() != 1) {
    return origin.error(pointer, shown(value) +
                                     " is not allowed; allowed: one of {\"log\": [low, high]}, "
                                     "{\"linear\": [low, high]}, {\"int\": [low, high]}, {\"choice\": [...]}");
  }
  const Range range{path, value.begin().key(), value.begin().value()};
  const std::string inner = pointer_to(pointer, range.kind);
  if (range.kind == "choice") {
    MER_TRY(check_values(origin, inner, path, range.values));
  } else {
    MER_TRY(check_not_empty_array(origin, inner, range.values));
    MER_TRY(check_bounds(origin, inner, *field, range));
  }
  return range;
}

// Six digits: enough for a search, readable in a table, and the same on machines whose exp differs in the last bit.
double rounded(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 5).ptr;
  double result = value;
  std::from_chars(text, end, result);
  return result;
}

// The value of draw `i`. Its random number depends on seed, i and path only, so that a further range or a higher count
// changes no earlier draw.
json drawn(const Range& range, std::uint64_t seed, std::uint32_t i) {
  const auto stream = static_cast<std::uint32_t>(std::stoul(short_hash(range.path).substr(0, 8), nullptr, 16));
  const PhiloxBlock block = philox4x32({i, stream, 0, 0}, philox_key(seed, RandomPurpose::random_search));
  const double u = uniform_double(block[0], block[1]);
  if (range.kind == "choice") return range.values[static_cast<std::size_t>(u * double(range.values.size()))];
  const double low = range.values[0].get<double>();
  const double high = range.values[1].get<double>();
  if (range.kind == "int") return static_cast<std::int64_t>(low + std::floor(u * (high - low + 1)));
  const double value =
      range.kind == "log" ? std::exp(std::log(low) + u * (std::log(high) - std::log(low))) : low + u * (high - low);
  return std::clamp(rounded(value), low, high);
}

Result<std::int64_t> whole_number(const SweepOrigin& origin, const std::string& pointer, const json& value,
                                  std::int64_t low, std::int64_t high) {
  const bool fits =
      value.is_number_integer() && value.get<double>() >= double(low) && value.get<double>() <= double(high);
  if (fits) return value.get<std::int64_t>();
  return origin.error(pointer, shown(value) + " is not allowed; allowed: an integer from " + std::to_string(low) +
                                   " to " + std::to_string(high));
}

Result<Points> random_points(const SweepOrigin& origin, const json& group) {
  MER_TRY(check_object(origin, "/random", group));
  if (!group.contains("count")) {
    return origin.error("/random", "\"count\" is missing: how many points to draw, such as \"count\": 20");
  }
  MER_ASSIGN(const std::int64_t count,
             whole_number(origin, "/random/count", group["count"], 1, std::int64_t{kMaxConfigurations}));
  MER_ASSIGN(const std::int64_t seed, whole_number(origin, "/random/seed", group.value("seed", json(0)), 0, kMaxSeed));
  std::vector<Range> ranges;
  for (const auto& [path, value] : group.items()) {
    if (path == "count" || path == "seed") continue;
    MER_ASSIGN(Range range, range_of(origin, path, value));
    ranges.push_back(std::move(range));
  }
  if (ranges.empty()) {
    return origin.error(
        "/random", "no field to draw; allowed: at least one, such as \"train.learning_rate\": {\"log\": [1e-5, 1e-2]}");
  }
  Points points;
  for (std::int64_t i = 0; i < count; ++i) {
    json point = json::object();
    for (const Range& range : ranges) {
      point[range.path] = drawn(range, static_cast<std::uint64_t>(seed), static_cast<std::uint32_t>(i));
    }
    points.push_back(std::move(point));
  }
  return points;
}

// Paths that a group's points set; an error for one that an earlier group sets too.
Status add_varied(const SweepOrigin& origin, const std::string& pointer, const Points& points,
                  std::set<std::string>& varied) {
  std::set<std::string> own;
  for (const json& point : points) {
    for (const auto& [path, value] : point.items()) own.insert(path);
  }
  for (const std::string& path : own) {
    if (!varied.insert(path).second) {
      return origin.error(pointer,
                          "\"" + path + "\" stands in two of grid, zip, random and list; allowed: one of them");
    }
  }
  return {};
}
}  // namespace

Result<Expansion> expand(const SweepOrigin& origin, const json& document) {
  struct Group {
    const char* key;
    Result<Points> (*points)(const SweepOrigin&, const json&);
  };
  constexpr Group kGroups[] = {
      {"grid", grid_points}, {"zip", zip_points}, {"random", random_points}, {"list", list_points}};
  Expansion expansion;
  expansion.points = {json::object()};
  std::set<std::string> varied;
  for (const Group& group : kGroups) {
    if (!document.contains(group.key)) continue;
    const std::string pointer = std::string("/") + group.key;
    MER_ASSIGN(const Points points, group.points(origin, document[group.key]));
    MER_TRY(add_varied(origin, pointer, points, varied));
    MER_ASSIGN(expansion.points, product(origin, pointer, expansion.points, points));
  }
  for (const Field& field : fields()) {
    if (varied.count(field.path) != 0) expansion.varied.push_back(field.path);
  }
  return expansion;
}

}  // namespace mer
