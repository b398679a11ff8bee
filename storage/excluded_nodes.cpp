#include "storage/excluded_nodes.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "core/descriptor.hpp"
#include "core/json.hpp"
#include "core/quoting.hpp"

namespace mer::storage {
namespace {

using nlohmann::json;

std::filesystem::path folder_of(const StoreDir& store) {
  return store.path() / "nodes";
}

Result<std::filesystem::path> file_of(const StoreDir& store, const std::string& host) {
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
  if (host.empty() || host.front() == '.' || host.size() > 200 || !std::ranges::all_of(host, is_plain)) {
    return invalid(quote(host) + " is no name of a host: letters, digits, - _ and . are expected");
  }
  return folder_of(store) / (host + ".json");
}

std::optional<ExcludedNode> node_from(const std::string& text) {
  const json value = json::parse(text, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  try {
    return ExcludedNode{value.at("host"), value.at("since"), value.at("why")};
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<ExcludedNode> excluded_nodes(const StoreDir& store) {
  std::vector<ExcludedNode> nodes;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(store), none)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream stream(entry.path());
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (auto node = node_from(text)) nodes.push_back(std::move(*node));
  }
  std::ranges::sort(nodes, {}, &ExcludedNode::host);
  return nodes;
}

Status exclude_node(const StoreDir& store, const ExcludedNode& node) {
  MER_ASSIGN(const std::filesystem::path file, file_of(store, node.host));
  std::error_code error;
  std::filesystem::create_directories(folder_of(store), error);
  if (error) return system_error(error.value(), folder_of(store).string() + ": cannot be made");
  json value;
  value["host"] = node.host;
  value["since"] = node.since;
  value["why"] = node.why;
  const std::string draft = file.string() + ".new";
  const Descriptor descriptor(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (descriptor.get() < 0) return system_error(errno, draft + ": cannot make");
  MER_TRY(write_all(descriptor.get(), value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n", draft));
  if (::rename(draft.c_str(), file.c_str()) != 0) return system_error(errno, file.string() + ": cannot rename");
  return {};
}

Result<bool> include_node(const StoreDir& store, const std::string& host) {
  MER_ASSIGN(const std::filesystem::path file, file_of(store, host));
  std::error_code error;
  const bool was_there = std::filesystem::remove(file, error);
  if (error) return system_error(error.value(), file.string() + ": cannot be removed");
  return was_there;
}

}  // namespace mer::storage
