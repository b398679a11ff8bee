#include "cli/provenance.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <set>

#include "core/json.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

json versions_of(const Environment& environment) {
  json versions = json::parse(environment.versions, nullptr, false);
  return versions.is_object() ? versions : json{{"versions", environment.versions}};
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// "libtorch 2.11.0, libc glibc 2.36" of the keys that are there, which are then taken out.
std::string take(json& versions, std::initializer_list<const char*> keys) {
  std::string text;
  for (const char* key : keys) {
    const auto found = versions.find(key);
    if (found == versions.end()) continue;
    if (const std::string value = text_of(*found); !value.empty()) {
      text += (text.empty() ? "" : ", ") + std::string(key) + ' ' + value;
    }
    versions.erase(found);
  }
  return text;
}

std::string take_variables(json& versions) {
  std::string text;
  const json variables = versions.value("variables", json::object());
  versions.erase("variables");
  if (!variables.is_object()) return text_of(variables);
  for (const auto& [name, value] : variables.items()) text += (text.empty() ? "" : " ") + name + '=' + text_of(value);
  return text;
}

// An environment as names and texts, in the order in which people ask: what code, where, on what, with what.
struct Entries {
  explicit Entries(const Environment& environment)
      : list({{"code version", environment.code_version},
              {"host", environment.host},
              {"device", environment.device},
              {"threads", std::to_string(environment.threads)}}) {
    json versions = versions_of(environment);
    const auto variables = versions.find("variables");
    knows_variables = variables != versions.end() && variables->is_object();
    for (const auto& [key, value] : versions.items()) {
      if (key != "variables" || !knows_variables) list.emplace_back(key, text_of(value));
    }
    if (!knows_variables) return;
    for (const auto& [name, value] : variables->items()) list.emplace_back("variable " + name, text_of(value));
  }

  // nullopt: nothing is recorded under this name.
  std::optional<std::string> of(const std::string& name) const {
    const auto found = std::ranges::find(list, name, &std::pair<std::string, std::string>::first);
    if (found != list.end()) return found->second;
    return knows_variables && name.starts_with("variable ") ? std::optional<std::string>("not set") : std::nullopt;
  }

  std::vector<std::pair<std::string, std::string>> list;
  bool knows_variables = false;
};

// "A, then B": what the attempts had one after the other; empty: nothing is recorded.
std::string history_of(const std::vector<Entries>& attempts, const std::string& name) {
  std::string history, last;
  for (const Entries& entries : attempts) {
    const auto value = entries.of(name);
    if (!value || (!history.empty() && *value == last)) continue;
    history += (history.empty() ? "" : ", then ") + *value;
    last = *value;
  }
  return history;
}

}  // namespace

std::string pairs_text(const json& object) {
  std::string text;
  for (const auto& [key, value] : object.items()) text += (text.empty() ? "" : ", ") + key + ' ' + text_of(value);
  return text;
}

std::vector<std::pair<std::string, std::string>> facts_of(const Environment& environment) {
  json versions = versions_of(environment);
  std::vector<std::pair<std::string, std::string>> facts = {
      {"device", environment.device + ", " + std::to_string(environment.threads) +
                     (environment.threads == 1 ? " thread" : " threads")},
      {"code version",
       environment.code_version + (environment.code_version.ends_with("-dirty") ? " (its files were changed)" : "")},
      {"program", take(versions, {"build", "compiler", "program_sha256"})},
      {"machine", take(versions, {"cpu", "vector_code", "cpu_capability", "kernel", "gpu_driver"})},
      {"libraries", take(versions, {"libtorch", "blas", "openmp", "libc", "mpi", "sqlite"})},
      {"variables", take_variables(versions)},
      {"further", pairs_text(versions)}};
  std::erase_if(facts, [](const auto& fact) { return fact.second.empty(); });
  return facts;
}

std::vector<EnvironmentDifference> differences_of(const std::vector<Environment>& recorded, const Environment& again) {
  const std::vector<Entries> before(recorded.begin(), recorded.end());
  const Entries now(again);
  std::vector<EnvironmentDifference> differences;
  std::set<std::string> seen;
  const auto compare = [&](const Entries& entries) {
    for (const auto& [name, value] : entries.list) {
      if (!seen.insert(name).second) continue;
      const std::string history = history_of(before, name);
      const auto found = now.of(name);
      if (!history.empty() && found && history != *found) differences.push_back({name, history, *found});
    }
  };
  std::ranges::for_each(before, compare);
  compare(now);
  return differences;
}

}  // namespace mer::cli
