#include "cli/store_access.hpp"

#include <utility>

#include "cli/output.hpp"
#include "storage/sqlite_reader.hpp"

namespace mer::cli {

Result<OpenStore> open_store(const Context& context, double lock_seconds) {
  const Result<storage::StoreDir> store = storage::StoreDir::open(context.store);
  if (!store) {
    return Error{
        store.error().code,
        store.error().message + "; choose a store with --store DIR or MER_STORE, or make one with `merctl run`"};
  }
  OpenStore open;
  if (store->file_system().network) {
    MER_ASSIGN(storage::StoreLock lock, storage::StoreLock::acquire(*store, lock_seconds));
    open.lock.emplace(std::move(lock));
  }
  MER_ASSIGN(open.reader, storage::open_reader(*store));
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
