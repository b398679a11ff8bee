#include "cli/node_gpus.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "cli/shell.hpp"

namespace mer::cli {
namespace {

// The value of "key=value" in a line of such words; empty: there is none.
std::string value_in(const std::string& line, const std::string& key) {
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
  }
  return {};
}

// "gpu:a100:2(IDX:0-1),gpu:3(IDX:0-2),shard:4" -> 5
int gpus_of(std::string gres) {
  int count = 0;
  for (std::size_t open = gres.find('('); open != std::string::npos; open = gres.find('(')) {
    gres.erase(open, gres.find(')', open) - open + 1);  // holds commas
  }
  std::istringstream parts(gres);
  for (std::string part; std::getline(parts, part, ',');) {
    if (!part.starts_with("gpu:")) continue;
    const std::string number = part.substr(part.rfind(':') + 1);
    int gpus = 0;
    std::from_chars(number.data(), number.data() + number.size(), gpus);
    count += gpus;
  }
  return count;
}

std::vector<std::string> hosts_of(const std::string& list) {
  const ProgramOutput output = run_program({"scontrol", "show", "hostnames", list});
  std::vector<std::string> hosts;
  std::istringstream lines(output.text);
  for (std::string host; output.status == 0 && std::getline(lines, host);) hosts.push_back(host);
  return hosts;
}

}  // namespace

std::vector<NodesGpus> gpus_in(std::string_view job) {
  std::vector<NodesGpus> all;
  std::istringstream lines{std::string(job)};
  for (std::string line; std::getline(lines, line);) {
    const std::string nodes = value_in(line, "Nodes");
    if (!nodes.empty() && line.find("CPU_IDs=") != std::string::npos) {
      all.push_back({nodes, gpus_of(value_in(line, "GRES"))});
    }
  }
  const bool counted = std::ranges::any_of(all, [](const NodesGpus& one) { return one.gpus > 0; });
  return counted ? all : std::vector<NodesGpus>();
}

std::map<std::string, int> gpus_by_node() {
  std::map<std::string, int> gpus;
  const char* const job = std::getenv("SLURM_JOB_ID");
  if (job == nullptr) return gpus;
  const ProgramOutput shown = run_program({"scontrol", "show", "job", "--details", job});
  if (shown.status != 0) return gpus;
  for (const NodesGpus& one : gpus_in(shown.text)) {
    for (const std::string& host : hosts_of(one.nodes)) gpus[host] = one.gpus;
  }
  return gpus;
}

Status make_room_for_gpus(std::vector<Node>& nodes, const std::map<std::string, int>& gpus, int workers_on_first) {
  const auto gpus_on = [&](const Node& node) {
    const auto found = gpus.find(node.host);
    return found == gpus.end() ? 0 : found->second;
  };
  for (Node& node : nodes) {
    if (gpus.empty()) {
      node.room = workers_on_first;
      continue;
    }
    if (gpus_on(node) == 0) {
      return invalid("node " + node.host +
                     " of this job has no GPU: ask for the same number on each node (--gpus-per-node), or leave this "
                     "node out (--exclude)");
    }
    node.room = std::max(1, workers_on_first * gpus_on(node) / std::max(1, gpus_on(nodes.front())));
  }
  return {};
}

}  // namespace mer::cli
