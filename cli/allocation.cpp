#include "cli/allocation.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/check.hpp"

namespace mer::cli {
namespace {

constexpr const char* kCpus = "SLURM_JOB_CPUS_PER_NODE";
constexpr int kMostNodes = 1'000'000;  // of one "(xN)": Slurm itself ends at 65,000

std::string value_of(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

// A number above 0, and nothing else.
std::optional<int> positive(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && number > 0 ? std::optional(number) : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(by), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

struct Run {
  int cpus = 0;
  int nodes = 1;
};

// "4" or "4(x2)".
std::optional<Run> run_from(std::string_view text) {
  const std::size_t open = text.find("(x");
  const auto cpus = positive(text.substr(0, open));
  if (!cpus) return std::nullopt;
  if (open == std::string_view::npos) return Run{*cpus, 1};
  if (!text.ends_with(')')) return std::nullopt;
  const auto nodes = positive(text.substr(open + 2, text.size() - open - 3));
  if (!nodes || *nodes > kMostNodes) return std::nullopt;
  return Run{*cpus, *nodes};
}

Result<std::vector<int>> cpus_from(const std::string& text) {
  std::vector<int> cpus;
  for (const std::string_view part : split(text, ',')) {
    const auto run = run_from(part);
    if (!run) return invalid(std::string(kCpus) + " is \"" + text + R"(", expected something like "4(x2),2")");
    cpus.insert(cpus.end(), std::size_t(run->nodes), run->cpus);
  }
  return cpus;
}

bool has_room_for(const Node& node, int gang) {
  return node.room >= gang;
}

}  // namespace

bool spans_nodes(const Environment& environment) {
  const auto nodes = positive(value_of(environment, "SLURM_JOB_NUM_NODES"));
  return !value_of(environment, "SLURM_JOB_ID").empty() && nodes && *nodes > 1;
}

Status check_components(const Environment& environment) {
  const auto components = positive(value_of(environment, "SLURM_HET_SIZE"));
  if (value_of(environment, "SLURM_JOB_ID").empty() || !components || *components < 2) return {};
  return invalid("this is a heterogeneous job of Slurm's with " + std::to_string(*components) +
                 " components, and mer trains on the nodes of one: submit a job for each kind of node instead; jobs "
                 "on one store join the same run");
}

Result<std::vector<Node>> nodes_from(const Environment& environment, std::string_view hosts) {
  MER_ASSIGN(const std::vector<int> cpus, cpus_from(value_of(environment, kCpus)));
  std::vector<Node> nodes;
  for (const std::string_view host : split(hosts, '\n')) nodes.push_back({std::string(host)});
  if (nodes.empty() || nodes.size() != cpus.size()) {
    return invalid("Slurm's job has " + std::to_string(nodes.size()) + " nodes (SLURM_JOB_NODELIST), but " + kCpus +
                   " speaks of " + std::to_string(cpus.size()));
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i].room = cpus[i];
  return nodes;
}

std::optional<int> cpus_here(const Environment& environment) {
  const Result<std::vector<int>> cpus = cpus_from(value_of(environment, kCpus));
  return cpus && !cpus->empty() ? std::optional(cpus->front()) : std::nullopt;
}

int usual_workers(const std::vector<Node>& nodes, int gang) {
  int within = 0, all = 0;
  for (const Node& node : nodes) {
    within += node.room - node.room % gang;
    all += node.room;
  }
  return within > 0 ? within : all - all % gang;
}

std::vector<HostWorkers> place_workers(const std::vector<Node>& nodes, int workers, int gang) {
  MER_CHECK(!nodes.empty() && gang > 0, "no node, or no gang, to place");
  const bool within = std::ranges::any_of(nodes, [&](const Node& node) { return has_room_for(node, gang); });
  const int step = within ? gang : 1;
  std::vector<HostWorkers> placed;
  for (const Node& node : nodes) placed.push_back({node.host, 0});
  for (int left = workers - workers % gang; left > 0; left -= step) {
    const auto fuller = [&](std::size_t a, std::size_t b) {  // with one step more
      return std::int64_t{placed[a].workers + step} * nodes[b].room >
             std::int64_t{placed[b].workers + step} * nodes[a].room;
    };
    std::size_t best = 0;
    for (std::size_t i = 1; i < nodes.size(); ++i) {
      if (fuller(best, i)) best = i;
    }
    placed[best].workers += step;
  }
  return placed;
}

}  // namespace mer::cli
