#include "cli/store_access.hpp"

#include <utility>

#include "cli/output.hpp"
#include "storage/sqlite_reader.hpp"

namespace mer::cli {

Result<std::optional<storage::StoreLock>> lock_for_reading(const storage::StoreDir& store, double lock_seconds) {
  if (!store.file_system().network) return std::optional<storage::StoreLock>();
  MER_ASSIGN(storage::StoreLock lock, storage::StoreLock::acquire(store, lock_seconds));
  return std::optional(std::move(lock));
}

Result<OpenStore> open_store(const Context& context, double lock_seconds) {
  MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::open(context.store));
  OpenStore open;
  MER_ASSIGN(open.lock, lock_for_reading(store, lock_seconds));
  MER_ASSIGN(open.reader, storage::open_reader(store));
  return open;
}

ExitCode with_store(const Context& context, const std::function<Status(storage::ResultReader&)>& body) {
  const Result<OpenStore> store = open_store(context, 0);
  if (!store) return report(context, store.error());
  const Status status = body(*store->reader);
  return status ? ExitCode::done : report(context, status.error());
}

std::filesystem::path program_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace mer::cli
