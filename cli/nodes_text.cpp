#include "cli/nodes_text.hpp"

#include "cli/output.hpp"

namespace mer::cli {

std::string nodes_text(const std::vector<storage::ExcludedNode>& nodes) {
  if (nodes.empty()) return "";
  std::vector<std::vector<std::string>> rows = {{"excluded node", "since", "why"}};
  for (const storage::ExcludedNode& node : nodes) rows.push_back({node.host, time_text(node.since), node.why});
  return columns_text(rows);
}

std::string sentence_of(const storage::ExcludedNode& node) {
  return "node " + node.host + " is excluded: " + node.why;
}

}  // namespace mer::cli
