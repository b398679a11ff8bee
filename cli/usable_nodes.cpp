#include "cli/usable_nodes.hpp"

#include <algorithm>
#include <string_view>

namespace mer::cli {
namespace {

std::string_view short_name(std::string_view host) {
  return host.substr(0, host.find('.'));
}

}  // namespace

UsableNodes usable_nodes(const std::vector<Node>& nodes, const std::vector<storage::ExcludedNode>& excluded) {
  UsableNodes usable;
  for (const Node& node : nodes) {
    const auto found = std::ranges::find(excluded, short_name(node.host),
                                         [](const storage::ExcludedNode& one) { return short_name(one.host); });
    if (found == excluded.end()) {
      usable.nodes.push_back(node);
    } else {
      usable.left_out.push_back(*found);
    }
  }
  return usable;
}

}  // namespace mer::cli
