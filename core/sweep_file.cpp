#include "core/sweep_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/quoting.hpp"
#include "core/sweep_check.hpp"
#include "core/sweep_expand.hpp"
#include "core/sweep_overrides.hpp"
#include "core/sweep_resolve.hpp"

namespace mer {

using nlohmann::json;

namespace {
constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxNameLength = 100;
constexpr std::size_t kMaxSeeds = 10'000;
constexpr double kMaxSeed = 9007199254740991;  // 2^53 - 1

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Status read_name(const SweepOrigin& origin, const json& document, Sweep& sweep) {
  const json& value = document["name"];
  const std::string name = value.is_string() ? value.get<std::string>() : "";
  const bool good = !name.empty() && name.size() <= kMaxNameLength && is_letter(name[0]) &&
                    std::all_of(name.begin(), name.end(),
                                [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
  if (!good) {
    return origin.error("/name", shown(value) + " is not allowed; allowed: letters, digits, - and _, at most " +
                                     std::to_string(kMaxNameLength) + ", beginning with a letter");
  }
  sweep.name = name;
  return {};
}

Status read_seeds(const SweepOrigin& origin, const json& value, Sweep& sweep) {
  sweep.seeds.clear();
  if (value.is_object()) {
    MER_TRY(check_keys(origin, "/seeds", value, {"count"}));
    const json count = value.value("count", json());
    if (!count.is_number_integer() || count < 1 || count > kMaxSeeds) {
      return origin.error("/seeds/count",
                          shown(count) + " is not allowed; allowed: an integer from 1 to " + std::to_string(kMaxSeeds));
    }
    for (std::uint64_t seed = 0; seed < count.get<std::uint64_t>(); ++seed) sweep.seeds.push_back(seed);
    return {};
  }
  if (!value.is_array() || value.empty() || value.size() > kMaxSeeds) {
    return origin.error("/seeds", shown(value) + " is not allowed; allowed: an array of 1 to " +
                                      std::to_string(kMaxSeeds) + " integers, or {\"count\": 3} for 0, 1, 2");
  }
  std::set<std::uint64_t> different;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string pointer = "/seeds/" + std::to_string(i);
    if (!value[i].is_number_integer() || value[i] < 0 || value[i] > kMaxSeed) {
      return origin.error(pointer, shown(value[i]) + " is not allowed; allowed: an integer from 0 to 9007199254740991");
    }
    sweep.seeds.push_back(value[i].get<std::uint64_t>());
    if (!different.insert(sweep.seeds.back()).second) {
      return origin.error(pointer, shown(value[i]) + " stands twice; allowed: different seeds");
    }
  }
  return {};
}

Status read_published(const SweepOrigin& origin, const json& list, Sweep& sweep) {
  if (!list.is_array()) {
    return origin.error("/published", shown(list) +
                                          " is not allowed; allowed: an array of {\"label\": ..., "
                                          "\"metric\": ..., \"value\": ...}, and \"source\" where there is one");
  }
  Field label;  // any text
  Field value;
  value.type = FieldType::number;
  value.high = 1;
  const Field& metric = *find_field("select.metric");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string pointer = "/published/" + std::to_string(i);
    MER_TRY(check_object(origin, pointer, list[i]));
    MER_TRY(check_keys(origin, pointer, list[i], {"label", "metric", "value", "source"}));
    for (const char* key : {"label", "metric", "value"}) {
      if (!list[i].contains(key)) return origin.error(pointer, "\"" + std::string(key) + "\" is missing");
    }
    MER_TRY(check_value(origin, pointer + "/label", label, list[i]["label"]));
    MER_TRY(check_value(origin, pointer + "/metric", metric, list[i]["metric"]));
    MER_TRY(check_value(origin, pointer + "/value", value, list[i]["value"]));
    if (list[i].contains("source")) MER_TRY(check_value(origin, pointer + "/source", label, list[i]["source"]));
    sweep.published.push_back({list[i]["label"].get<std::string>(), *metric_from(list[i]["metric"].get<std::string>()),
                               list[i]["value"].get<double>(), list[i].value("source", "")});
  }
  return {};
}

Status check_section(const SweepOrigin& origin, const std::string& section, const json& values) {
  const std::string pointer = "/" + section;
  MER_TRY(check_object(origin, pointer, values));
  MER_TRY(check_keys(origin, pointer, values, keys_of(section)));
  for (const auto& [key, value] : values.items()) {
    MER_TRY(check_value(origin, pointer_to(pointer, key), *find_field(section + "." + key), value));
  }
  return {};
}

Status check_sections(const SweepOrigin& origin, const json& document) {
  for (const std::string& section : sections()) {
    if (document.contains(section)) MER_TRY(check_section(origin, section, document[section]));
  }
  return {};
}

Status check_top_level(const SweepOrigin& origin, const json& document, const std::vector<std::string>& required,
                       const std::vector<std::string>& optional) {
  MER_TRY(check_object(origin, "", document));
  std::vector<std::string> allowed = required;
  allowed.insert(allowed.end(), optional.begin(), optional.end());
  MER_TRY(check_keys(origin, "", document, allowed));
  for (const std::string& key : required) {
    if (!document.contains(key)) return origin.error("", "\"" + key + "\" is missing");
  }
  return {};
}

// Everything but the configurations.
Status read_rest(const SweepOrigin& origin, const json& document, Sweep& sweep) {
  MER_TRY(read_name(origin, document, sweep));
  if (document.contains("seeds")) MER_TRY(read_seeds(origin, document["seeds"], sweep));
  if (document.contains("published")) MER_TRY(read_published(origin, document["published"], sweep));
  resolve_rest(document, sweep);
  return {};
}

Status check_selection(const SweepOrigin& origin, const Sweep& sweep) {
  if (sweep.select.epoch != SelectionRule::best_validation) return {};
  for (const Configuration& configuration : sweep.configurations) {
    const FoldSettings& folds = configuration.folds;
    if (folds.validation == ValidationKind::none && folds.scheme != FoldSchemeKind::explicit_file) {
      return origin.error("/select/epoch",
                          "\"best-validation\" is not allowed: folds.validation is \"none\"; allowed: \"last\", "
                          "\"best-test\", or a validation part");
    }
  }
  return {};
}

// Fills `differing`: the varied keys whose resolved values are not all the same.
void name_configurations(Sweep& sweep, const std::vector<std::string>& varied) {
  std::vector<json> resolved;
  for (const Configuration& configuration : sweep.configurations) resolved.push_back(json_of(configuration));
  for (const std::string& path : varied) {
    const Field& field = *find_field(path);
    std::vector<std::string> values;
    for (const json& configuration : resolved) {
      values.push_back(configuration[field.section()].value(field.key(), json()).dump());
    }
    if (std::equal(values.begin() + 1, values.end(), values.begin())) continue;
    for (std::size_t i = 0; i < values.size(); ++i) sweep.configurations[i].differing.emplace_back(path, values[i]);
  }
}

Result<Sweep> finished(const SweepOrigin& origin, Sweep sweep, const std::vector<std::string>& varied) {
  MER_TRY(check_selection(origin, sweep));
  name_configurations(sweep, varied);
  sweep.resolved_json = json_of(sweep, varied).dump();
  return sweep;
}

// REQUIRES: duplicates are dropped by `seen`.
Status add_configuration(Result<Configuration> configuration, std::set<std::string>& seen, Sweep& sweep) {
  if (!configuration) return configuration.error();
  if (seen.insert(json_of(*configuration).dump()).second)
    sweep.configurations.push_back(std::move(configuration).value());
  return {};
}

// A name that no configuration has would be dropped in silence by resolve(): it is a slip of the pen.
Status check_standardise(const SweepOrigin& origin, const json& document, const Sweep& sweep) {
  const json names = document.value("train", json::object()).value("standardise", json::array());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool known = std::any_of(sweep.configurations.begin(), sweep.configurations.end(), [&](const auto& one) {
      const auto& modalities = one.model.modalities;
      return std::find(modalities.begin(), modalities.end(), names[i].get<std::string>()) != modalities.end();
    });
    if (!known) {
      return origin.error("/train/standardise/" + std::to_string(i),
                          shown(names[i]) + " is a modality of no configuration; allowed: names of /model/modalities");
    }
  }
  return {};
}

Result<Sweep> sweep_of(const SweepOrigin& origin, const json& document) {
  MER_TRY(check_top_level(origin, document, {"name", "corpus", "folds"},
                          {"$schema", "seeds", "model", "train", "select", "grid", "zip", "random", "list", "resources",
                           "retry", "record", "published"}));
  MER_TRY(check_sections(origin, document));
  Sweep sweep;
  MER_TRY(read_rest(origin, document, sweep));
  MER_ASSIGN(const Expansion expansion, expand(origin, document));
  MER_TRY(check_no_override_varies(origin, expansion.varied));
  std::set<std::string> seen;
  for (const json& point : expansion.points) {
    MER_TRY(add_configuration(resolve(origin, document, point), seen, sweep));
  }
  MER_TRY(check_standardise(origin, document, sweep));
  return finished(origin, std::move(sweep), expansion.varied);
}

Result<std::vector<std::string>> varied_of(const SweepOrigin& origin, const json& document) {
  const json list = document.value("varied", json::array());
  const auto is_text = [](const json& path) { return path.is_string(); };
  if (!list.is_array() || !std::ranges::all_of(list, is_text)) {
    return origin.error("/varied", shown(list) + " is not allowed; allowed: an array of keys");
  }
  std::vector<std::string> varied;
  for (const json& path : list) {
    if (find_field(path.get<std::string>()) != nullptr) varied.push_back(path.get<std::string>());
  }
  return varied;
}

// A --set of a key in which the configurations differ would make them alike.
Status check_no_override_levels(const SweepOrigin& origin, const std::vector<std::string>& varied) {
  for (const auto& [pointer, argument] : origin.overrides) {
    for (const std::string& path : varied) {
      const Field& field = *find_field(path);
      if (pointer != "/" + field.section() && pointer != pointer_to("/" + field.section(), field.key())) continue;
      return invalid("--set " + argument + ": the configurations of " + origin.file + " differ in \"" + path +
                     "\"; change it there, or take the sweep file that they come from");
    }
  }
  return {};
}

// A resolved sweep: its configurations stand written out.
Result<Sweep> resolved_sweep_of(const SweepOrigin& origin, const json& document) {
  MER_TRY(check_top_level(origin, document, {"name", "configurations"},
                          {"$schema", "seeds", "varied", "select", "resources", "retry", "record", "published"}));
  MER_TRY(check_sections(origin, document));
  Sweep sweep;
  MER_TRY(read_rest(origin, document, sweep));
  MER_ASSIGN(const std::vector<std::string> varied, varied_of(origin, document));
  MER_TRY(check_no_override_levels(origin, varied));
  const json& configurations = document["configurations"];
  MER_TRY(check_not_empty_array(origin, "/configurations", configurations));
  if (configurations.size() > kMaxConfigurations) {
    return origin.error("/configurations", std::to_string(configurations.size()) +
                                               " are not allowed; allowed: " + std::to_string(kMaxConfigurations));
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < configurations.size(); ++i) {
    MER_TRY(check_object(origin, "/configurations/" + std::to_string(i), configurations[i]));
    const SweepOrigin inside{origin.file + ": configuration " + std::to_string(i), origin.overrides};
    MER_TRY(check_keys(inside, "", configurations[i], {"corpus", "folds", "model", "train"}));
    MER_TRY(check_sections(inside, configurations[i]));
    MER_TRY(add_configuration(resolve(inside, configurations[i], json::object()), seen, sweep));
  }
  return finished(origin, std::move(sweep), varied);
}
}  // namespace

Result<Sweep> parse_sweep(std::string_view text, const std::string& file_name, const std::string& base_folder,
                          const std::vector<std::string>& overrides) {
  try {
    SweepOrigin origin{file_name, {}};
    MER_ASSIGN(json document, parse_json_text(text, file_name));
    MER_TRY(check_object(origin, "", document));
    MER_TRY(apply_overrides(overrides, origin, document));
    if (const Status made = make_paths_absolute(document, base_folder); !made) {
      return invalid(file_name + ": " + made.error().message);
    }
    return document.contains("configurations") ? resolved_sweep_of(origin, document) : sweep_of(origin, document);
  } catch (const std::exception& error) {
    return Error{ErrorCode::internal, file_name + ": " + error.what()};
  }
}

Result<Sweep> load_sweep(const std::string& path, const std::vector<std::string>& overrides) {
  std::error_code code;
  const std::filesystem::path absolute = std::filesystem::absolute(path, code);
  const auto size = std::filesystem::is_regular_file(absolute, code) ? std::filesystem::file_size(absolute, code) : 0;
  std::ifstream file(absolute, std::ios::binary);
  if (!std::filesystem::exists(absolute, code) || !file) {
    return Error{ErrorCode::not_found,
                 path + ": cannot be read; expected a sweep file, such as configs/quickstart.json"};
  }
  if (std::filesystem::is_directory(absolute, code)) return invalid(path + ": is a folder; expected a sweep file");
  if (size > kMaxFileBytes) return invalid(path + ": larger than 16 MiB; expected a sweep file");
  std::string text;
  for (char buffer[65536]; file.read(buffer, sizeof buffer), file.gcount() > 0;) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxFileBytes) return invalid(path + ": larger than 16 MiB; expected a sweep file");
  }
  return parse_sweep(text, path, absolute.parent_path().string(), overrides);
}

Result<Sweep> sweep_from_resolved(const std::string& resolved_json) {
  try {
    const SweepOrigin origin{"resolved sweep", {}};
    MER_ASSIGN(const json document, parse_json_text(resolved_json, origin.file));
    return resolved_sweep_of(origin, document);
  } catch (const std::exception& error) {
    return Error{ErrorCode::corrupt, std::string("resolved sweep: ") + error.what()};
  }
}

Result<Sweep> sweep_frame_from_resolved(const std::string& resolved_json) {
  const auto without_configurations = [](int depth, json::parse_event_t event, json& parsed) {
    return depth != 1 || event != json::parse_event_t::key || parsed != "configurations";
  };
  try {
    const json document = json::parse(resolved_json, without_configurations);
    Sweep sweep;
    if (!document.is_object() || !document.contains("name")) {
      return Error{ErrorCode::corrupt, "resolved sweep: it has no name"};
    }
    MER_TRY(read_rest({"resolved sweep", {}}, document, sweep));
    return sweep;
  } catch (const std::exception& error) {
    return Error{ErrorCode::corrupt, std::string("resolved sweep: ") + error.what()};
  }
}

}  // namespace mer
