// node: which nodes get no trials of the store.
#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/nodes_text.hpp"
#include "cli/output.hpp"
#include "core/json.hpp"
#include "core/unix_time.hpp"
#include "storage/excluded_nodes.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

ExitCode show(const Context& context, const std::vector<storage::ExcludedNode>& nodes) {
  if (context.format == Format::json) {
    json list = json::array();
    for (const auto& node : nodes) list.push_back({{"host", node.host}, {"since", node.since}, {"why", node.why}});
    const json document = {{"schema", 1}, {"excluded", list}};
    return end_with_document(context, document);
  }
  if (context.format == Format::quiet) {
    for (const auto& node : nodes) std::printf("%s\n", node.host.c_str());
  } else {
    std::fputs(nodes_text(nodes).c_str(), stdout);
  }
  return ExitCode::done;
}

}  // namespace

ExitCode node_list_command(const Context& context) {
  if (!plain_format(context, "node list")) return ExitCode::usage;
  const auto store = storage::StoreDir::open(context.store);
  if (!store) return report(context, store.error());
  return show(context, storage::excluded_nodes(*store));
}

ExitCode node_change_command(const Context& context, NodeChange change, const std::string& host) {
  if (!plain_format(context, "node")) return ExitCode::usage;
  const auto changed = [&]() -> Result<std::string> {
    MER_ASSIGN(const auto store, storage::StoreDir::open(context.store));
    if (change == NodeChange::exclude) {
      MER_TRY(storage::exclude_node(store, {host, unix_time(), "a person has excluded it"}));
      return std::string("excluded");
    }
    MER_ASSIGN(const bool was_there, storage::include_node(store, host));
    return std::string(was_there ? "gets trials again" : "is not excluded");
  }();
  if (!changed) return report(context, changed.error());
  std::printf("node %s: %s\n", host.c_str(), changed->c_str());
  return ExitCode::done;
}

}  // namespace mer::cli
