// StoreDoor: does something to a store: here, when nobody holds it, else by the coordinator that does.
//
// Threads: one. Errors: those of what is done; busy or unavailable when for some seconds neither way was open.
#pragma once

#include <functional>
#include <string>

#include "cli/coordinator_client.hpp"
#include "core/result.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {

struct StoreAnswer {
  std::string json;
  bool by_coordinator = false;
};

struct StoreAction {
  std::function<Result<std::string>(storage::SqliteStore&)> here;  // called with the store's lock held
  std::function<Result<std::string>(const CoordinatorClient&)> by_coordinator;
};

Result<StoreAnswer> at_store(const storage::StoreDir& store, const StoreAction& action);

}  // namespace mer::cli
