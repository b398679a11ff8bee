// Who has a store, as the JSON of its files `lock` and `endpoint.json`.
//
// Threads: pure functions. Errors: a text of other content has no holder, and no endpoint.
#pragma once

#include <optional>
#include <string>

#include "storage/endpoint.hpp"
#include "storage/store_dir.hpp"

namespace mer::storage {

std::string holder_to_json(const LockHolder& holder);
std::optional<LockHolder> holder_from_json(const std::string& text);

std::string endpoint_to_json(const Endpoint& endpoint);
std::optional<Endpoint> endpoint_from_json(const std::string& text);

}  // namespace mer::storage
