#include "cli/store_door.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace mer::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{15};  // a coordinator begins, or ranks outlive a killed mpirun
constexpr std::chrono::milliseconds kPause{100};

Result<std::string> try_here(const storage::StoreDir& store, const StoreAction& action) {
  MER_ASSIGN(const storage::StoreLock lock, storage::StoreLock::acquire(store, 0));
  MER_ASSIGN(const auto writer, storage::SqliteStore::open(store));
  return action.here(*writer);
}

Result<std::string> try_coordinator(const storage::StoreDir& store, const StoreAction& action) {
  MER_ASSIGN(const CoordinatorClient client, CoordinatorClient::of(store));
  return action.by_coordinator(client);
}

}  // namespace

Result<StoreAnswer> at_store(const storage::StoreDir& store, const StoreAction& action) {
  for (const auto give_up = Clock::now() + kPatience;; std::this_thread::sleep_for(kPause)) {
    Result<std::string> here = try_here(store, action);
    if (here) return StoreAnswer{std::move(here).value(), false};
    if (here.error().code != ErrorCode::busy) return here.error();
    Result<std::string> there = try_coordinator(store, action);
    if (there) return StoreAnswer{std::move(there).value(), true};
    if (!nobody_answered(there.error(), store)) return there.error();
    if (Clock::now() >= give_up) return there.error().code == ErrorCode::not_found ? here.error() : there.error();
  }
}

}  // namespace mer::cli
