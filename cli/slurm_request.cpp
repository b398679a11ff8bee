#include "cli/slurm_request.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "cli/launcher.hpp"
#include "core/json.hpp"
#include "core/json_text.hpp"
#include "core/nearest.hpp"
#include "core/quoting.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;
using Kind = JobOption::Kind;

constexpr int kShortestSignal = 60;  // Slurm looks at it about every 30 s

const JobOption* find_option(const std::string& name) {
  const auto found = std::ranges::find(job_options(), name, [](const JobOption& option) { return option.name; });
  return found == job_options().end() ? nullptr : &*found;
}

std::optional<long> number_from(std::string_view text) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= 0 ? std::optional(number) : std::nullopt;
}

bool is_memory(const std::string& text) {
  std::string_view number = text;
  if (!number.empty() && std::string_view("KMGT").find(number.back()) != std::string_view::npos) {
    number.remove_suffix(1);
  }
  return number_from(number).has_value();
}

// What can stand in a line of a batch script and mean itself.
bool is_word(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-.,:+&|*()[]@=/").find(char(c)) != std::string_view::npos;
  });
}

std::vector<std::string> names_of_options() {
  std::vector<std::string> names;
  for (const JobOption& option : job_options()) names.emplace_back(option.name);
  return names;
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Error wrong(const std::string& where, const std::string& what) {
  return invalid(where + ": " + what);
}

Status read_options(const json& value, const std::string& where, JobRequest& options) {
  if (!value.is_object()) return wrong(where, "an object is expected, e.g. {\"partition\": \"gpu\"}");
  for (const auto& [name, text] : value.items()) {
    if (const Status good = check_job_option(name, text_of(text)); !good) {
      return wrong(where + "/" + name, good.error().message);
    }
    options[name] = text_of(text);
  }
  return {};
}

Status read_lines(const json& value, const std::string& where, std::vector<std::string>& lines) {
  if (!value.is_array()) return wrong(where, "an array of strings is expected");
  for (const json& line : value) {
    if (!line.is_string() || line.get_ref<const std::string&>().find('\n') != std::string::npos) {
      return wrong(where, "each entry is a string of one line, not " + shown(line));
    }
    lines.push_back(line.get<std::string>());
  }
  return {};
}

Status read_sbatch(const json& value, const std::string& where, std::vector<std::string>& lines) {
  MER_TRY(read_lines(value, where, lines));
  for (const std::string& line : lines) {
    if (!line.starts_with("-")) return wrong(where, quote(line) + " is no option of sbatch: it begins with -");
  }
  return {};
}

Status read_programs(const json& value, const std::string& where, std::string& programs) {
  if (value.is_string()) programs = value.get<std::string>();
  if (programs.starts_with("/") && programs.find('\n') == std::string::npos) return {};
  return wrong(where, "the absolute path of a folder is expected, not " + shown(value));
}

Status read_launcher(const json& value, const std::string& where, std::string& launcher) {
  const auto known = launcher_from(text_of(value));
  if (!known) return wrong(where, known.error().message);
  launcher = *known ? name_of(**known) : "auto";
  return {};
}

Status read_member(const std::string& key, const json& value, const std::string& name, Site& site) {
  const std::string where = name + ": /" + key;
  if (key == "options") return read_options(value, where, site.options);
  if (key == "sbatch") return read_sbatch(value, where, site.sbatch);
  if (key == "setup") return read_lines(value, where, site.setup);
  if (key == "programs") return read_programs(value, where, site.programs);
  if (key == "launcher") return read_launcher(value, where, site.launcher);
  if (key != "signal_seconds") {
    const std::vector<std::string> keys = {"options", "sbatch", "setup", "programs", "launcher", "signal_seconds"};
    return wrong(where, "unknown key" + did_you_mean(key, keys) + "; allowed: " + quote_list(keys));
  }
  if (!value.is_number_integer() || value.get<long>() < kShortestSignal || value.get<long>() > 65535) {
    return wrong(where, "a whole number of seconds from " + std::to_string(kShortestSignal) +
                            " to 65535 is expected, not " + shown(value));
  }
  site.signal_seconds = value.get<int>();
  return {};
}

}  // namespace

const std::vector<JobOption>& job_options() {
  static const std::vector<JobOption> options = {
      {"nodes", Kind::count, "N", "Nodes of a job; default 1", "1"},
      {"gpus-per-node", Kind::count, "G", "GPUs of each node; default none", nullptr},
      {"cpus-per-task", Kind::count, "C", "Cores of each node; default 4", "4"},
      {"mem", Kind::memory, "M", "Memory of each node, e.g. 32G", nullptr},
      {"time", Kind::time, "T", "Time limit, e.g. 4:00:00 or 1-12; default 1:00:00", "1:00:00"},
      {"partition", Kind::word, "P", "Partition", nullptr},
      {"account", Kind::word, "A", "Account", nullptr},
      {"qos", Kind::word, "Q", "Quality of service", nullptr},
      {"constraint", Kind::word, "X", "Features that nodes must have", nullptr}};
  return options;
}

Status check_job_option(const std::string& name, const std::string& value) {
  const JobOption* option = find_option(name);
  if (option == nullptr) {
    return invalid("unknown option" + did_you_mean(name, names_of_options()) +
                   "; known: " + quote_list(names_of_options()) + "; others go to \"sbatch\"");
  }
  switch (option->kind) {
    case Kind::count: {
      const auto number = number_from(value);
      if (number && *number >= 1 && *number <= 100'000) return {};
      return invalid(quote(value) + " is not a whole number from 1 on");
    }
    case Kind::time: return slurm_seconds(value) ? Status() : slurm_seconds(value).error();
    case Kind::memory:
      if (is_memory(value)) return {};
      return invalid(quote(value) + " is no amount of memory: write 32G, 4000M; a number alone is MiB");
    case Kind::word:
      if (is_word(value)) return {};
      return invalid(quote(value) + " cannot be a " + name + ": blanks, quotes and control characters are not allowed");
  }
  return {};
}

Result<Site> site_from(std::string_view text, const std::string& name) {
  MER_ASSIGN(const json document, parse_json_text(text, name));
  if (!document.is_object()) return invalid(name + ": an object is expected");
  Site site;
  for (const auto& [key, value] : document.items()) MER_TRY(read_member(key, value, name, site));
  return site;
}

JobRequest completed(const JobRequest& request, const Site& site) {
  JobRequest whole = request;
  whole.insert(site.options.begin(), site.options.end());
  for (const JobOption& option : job_options()) {
    if (option.fallback != nullptr) whole.emplace(option.name, option.fallback);
  }
  return whole;
}

// sbatch obeys the last one only.
Site without_nodes(Site site, const std::vector<std::string>& hosts) {
  constexpr std::string_view kOption = "--exclude=";
  if (hosts.empty()) return site;
  std::string line{kOption};
  const auto add = [&](std::string_view name) {
    line += (line.size() > kOption.size() ? "," : "") + std::string(name);
  };
  for (const std::string& option : site.sbatch) {
    if (option.starts_with(kOption)) add(std::string_view(option).substr(kOption.size()));
  }
  std::erase_if(site.sbatch, [&](const std::string& option) { return option.starts_with(kOption); });
  for (const std::string& host : hosts) add(host.substr(0, host.find('.')));
  site.sbatch.push_back(std::move(line));
  return site;
}

// In the order of the table. One task a node: it is mpirun that starts the workers.
std::string sbatch_lines(const JobRequest& completed, const Site& site) {
  std::string lines;
  const auto add = [&lines](const std::string& option) { lines += "#SBATCH " + option + "\n"; };
  for (const JobOption& option : job_options()) {
    const auto asked = completed.find(option.name);
    if (asked != completed.end()) add("--" + asked->first + "=" + asked->second);
  }
  add("--ntasks-per-node=1");
  add("--signal=B:USR1@" + std::to_string(site.signal_seconds));
  add("--requeue");
  add("--open-mode=append");
  for (const std::string& option : site.sbatch) add(option);
  return lines;
}

namespace {

// "1:02:03" -> 1, 2, 3; empty: a part is no number.
std::vector<long> parts_of(std::string_view text) {
  std::vector<long> parts;
  while (true) {
    const std::size_t colon = text.find(':');
    const auto number = number_from(text.substr(0, colon));
    if (!number || *number > 1'000'000) return {};
    parts.push_back(*number);
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

// Days, then from hours down; without days, the last of three parts are seconds, of two too, and one is minutes.
std::optional<long> seconds_in(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) {
    const auto days = number_from(text.substr(0, dash));
    std::vector<long> rest = parts_of(text.substr(dash + 1));
    if (!days || *days > 10'000 || rest.empty() || rest.size() > 3) return std::nullopt;
    rest.resize(3);
    return ((*days * 24 + rest[0]) * 60 + rest[1]) * 60 + rest[2];
  }
  const std::vector<long> parts = parts_of(text);
  if (parts.size() == 1) return parts[0] * 60;
  if (parts.size() == 2) return parts[0] * 60 + parts[1];
  if (parts.size() == 3) return (parts[0] * 60 + parts[1]) * 60 + parts[2];
  return std::nullopt;
}

}  // namespace

Result<long> slurm_seconds(const std::string& text) {
  const std::optional<long> seconds = seconds_in(text);
  if (seconds && *seconds > 0) return *seconds;
  return invalid(quote(text) + " is no time limit: write 90 (minutes), 4:00:00, 1-12 or 1-12:30:00 (days-hours)");
}

}  // namespace mer::cli
