#include "core/sweep_overrides.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>

#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/quoting.hpp"
#include "core/utf8.hpp"

namespace mer {

using nlohmann::json;

namespace {
struct Assignment {
  std::string top;    // "model", "grid", "name"
  std::string below;  // "alpha", "model.alpha", ""
  json value;
};

Result<Assignment> parse_argument(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  const std::string path = argument.substr(0, equals);
  const std::size_t dot = path.find('.');
  Assignment assignment;
  assignment.top = path.substr(0, dot);
  if (dot != std::string::npos) assignment.below = path.substr(dot + 1);
  const bool incomplete = assignment.top.empty() || (dot != std::string::npos && assignment.below.empty());
  if (equals == std::string::npos || incomplete) {
    return invalid("--set " + argument + ": expected PATH=VALUE, such as train.epochs=5");
  }
  const std::string value = argument.substr(equals + 1);
  Result<json> parsed = parse_json_text(value, "");
  assignment.value = parsed ? std::move(parsed).value() : json(value);
  return assignment;
}

// A corpus is a folder or a preset: the one that is set replaces the other.
void drop_other_corpus(const Assignment& assignment, json& document) {
  if (assignment.top != "corpus" || !document.contains("corpus")) return;
  if (assignment.below == "path") {
    document["corpus"].erase("synthetic");
    document["corpus"].erase("seed");
  } else if (assignment.below == "synthetic") {
    document["corpus"].erase("path");
  }
}

Status make_absolute(json& value, const std::filesystem::path& base) {
  if (value.is_array()) {
    for (json& element : value) MER_TRY(make_absolute(element, base));
    return {};
  }
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) return {};
  std::filesystem::path absolute = (base / value.get<std::string>()).lexically_normal();
  if (!absolute.has_filename() && absolute.has_parent_path()) absolute = absolute.parent_path();  // "a/b/" -> "a/b"
  if (!is_utf8(absolute.string())) {
    return invalid("the folder " + quote(base.string()) +
                   " has a name that is not UTF-8, so that no store can hold the "
                   "path " +
                   quote(value.get<std::string>()) + " below it; rename the folder, or give the whole path");
  }
  value = absolute.string();
  return {};
}

Status make_absolute_at(json& object, const std::string& key, const std::filesystem::path& base) {
  return object.is_object() && object.contains(key) ? make_absolute(object[key], base) : Status();
}

// Where a section stands: in the document, or in each configuration of a resolved one.
std::vector<json*> holders_of(const std::string& section, json& document) {
  constexpr std::string_view kOfConfigurations[] = {"corpus", "folds", "model", "train"};
  const auto configurations = document.find("configurations");
  if (configurations == document.end() || !configurations->is_array() ||
      std::ranges::find(kOfConfigurations, section) == std::end(kOfConfigurations)) {
    return {&document};
  }
  std::vector<json*> holders;
  for (json& configuration : *configurations) {
    if (configuration.is_object()) holders.push_back(&configuration);
  }
  return holders;
}

// False: what the value belongs into is no object.
Result<bool> assign(const Assignment& assignment, json& holder) {
  const std::string& top = assignment.top;
  json alone = json::object();
  (assignment.below.empty() ? alone[top] : alone[top][assignment.below]) = assignment.value;
  MER_TRY(make_paths_absolute(alone, std::filesystem::current_path().string()));
  if (assignment.below.empty()) {
    holder[top] = alone[top];
    return true;
  }
  if (!holder.contains(top)) holder[top] = json::object();
  if (!holder[top].is_object()) return false;
  drop_other_corpus(assignment, holder);
  holder[top][assignment.below] = alone[top][assignment.below];
  return true;
}
}  // namespace

Status apply_overrides(const std::vector<std::string>& arguments, SweepOrigin& origin, json& document) {
  for (const std::string& argument : arguments) {
    MER_ASSIGN(const Assignment assignment, parse_argument(argument));
    for (json* holder : holders_of(assignment.top, document)) {
      const Result<bool> assigned = assign(assignment, *holder);
      if (!assigned) return invalid("--set " + argument + ": " + assigned.error().message);
      if (*assigned) continue;
      return invalid("--set " + argument + ": \"" + assignment.top + "\" of " + origin.file + " is not an object");
    }
    std::string pointer = pointer_to("", assignment.top);
    if (!assignment.below.empty()) pointer = pointer_to(pointer, assignment.below);
    origin.overrides.emplace_back(pointer, argument);
  }
  return {};
}

Status check_no_override_varies(const SweepOrigin& origin, const std::vector<std::string>& varied) {
  for (const std::string& path : varied) {
    const std::size_t dot = path.find('.');
    const std::string pointer = pointer_to(pointer_to("", path.substr(0, dot)), path.substr(dot + 1));
    for (const auto& [overridden, argument] : origin.overrides) {
      if (overridden != pointer) continue;
      return invalid("--set " + argument + ": has no effect, grid, zip, random or list of " + origin.file +
                     " varies \"" + path + "\"; set that instead, such as --set 'grid." + path + "=[...]'");
    }
  }
  return {};
}

Status make_paths_absolute(json& document, const std::string& base_folder) {
  const std::filesystem::path base = std::filesystem::absolute(base_folder.empty() ? "." : base_folder);
  for (const Field& field : fields()) {
    if (field.type != FieldType::path) continue;
    if (document.contains(field.section())) MER_TRY(make_absolute_at(document[field.section()], field.key(), base));
    for (const char* group : {"grid", "zip"}) {
      if (document.contains(group)) MER_TRY(make_absolute_at(document[group], field.path, base));
    }
    if (document.contains("random") && document["random"].is_object() && document["random"].contains(field.path)) {
      MER_TRY(make_absolute_at(document["random"][field.path], "choice", base));
    }
    if (document.contains("list") && document["list"].is_array()) {
      for (json& entry : document["list"]) MER_TRY(make_absolute_at(entry, field.path, base));
    }
  }
  if (!document.contains("configurations") || !document["configurations"].is_array()) return {};
  for (json& configuration : document["configurations"]) {
    if (configuration.is_object()) MER_TRY(make_paths_absolute(configuration, base_folder));
  }
  return {};
}

}  // namespace mer
