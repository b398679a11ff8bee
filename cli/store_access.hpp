// How commands get at a store for reading, and where mer's own programs are.
//
// On a local disk by a connection of their own. On a network file system a database is read through the process that
// has the store's lock alone: the command itself, or the coordinator, which it asks.
// Threads: one. Errors: not_found names the folder and says how to choose another; busy or unavailable on a network
// file system, where who holds the lock has not answered for kLockPatienceSeconds.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "cli/context.hpp"
#include "core/exit_code.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "storage/store_dir.hpp"
#include "web/projection.hpp"

namespace mer::cli {

// For the lock of a store whose last run has just ended: ranks outlive a killed mpirun by about 2 s.
inline constexpr double kLockPatienceSeconds = 15;

struct OpenStore {
  std::optional<storage::StoreLock> lock;  // held on a network file system, unless a coordinator is asked
  std::unique_ptr<storage::ResultReader> reader;
};

// What a reader of this store has to hold: on a network file system the store's lock (waits up to `lock_seconds`).
Result<std::optional<storage::StoreLock>> lock_for_reading(const storage::StoreDir& store, double lock_seconds);

// By a connection of this process: with that lock. Error busy: another has it.
Result<OpenStore> open_locked(const storage::StoreDir& store, double lock_seconds);

Result<OpenStore> open_store(const Context& context);

// Opens the context's store, calls `body` with a reader, prints its error if it has one, and answers the exit code.
ExitCode with_store(const Context& context, const std::function<Status(storage::ResultReader&)>& body);

// What trials have kept in this store, which must outlive it.
web::RepresentationsOf representations_in(const storage::StoreDir& store);

// The folder of the running merctl: the other programs stand beside it.
std::filesystem::path program_folder();

}  // namespace mer::cli
