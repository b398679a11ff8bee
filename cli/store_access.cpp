#include "cli/store_access.hpp"

#include <utility>

#include "cli/output.hpp"
#include "cli/store_line.hpp"
#include "data/representations.hpp"
#include "storage/control.hpp"
#include "storage/sqlite_reader.hpp"

namespace mer::cli {

Result<std::optional<storage::StoreLock>> lock_for_reading(const storage::StoreDir& store, double lock_seconds) {
  if (!store.file_system().network) return std::optional<storage::StoreLock>();
  MER_ASSIGN(storage::StoreLock lock, storage::StoreLock::acquire(store, lock_seconds));
  return std::optional(std::move(lock));
}

Result<OpenStore> open_locked(const storage::StoreDir& store, double lock_seconds) {
  OpenStore open;
  MER_ASSIGN(open.lock, lock_for_reading(store, lock_seconds));
  MER_ASSIGN(open.reader, storage::open_reader(store));
  return open;
}

Result<OpenStore> open_store(const Context& context) {
  MER_ASSIGN(const storage::StoreDir store, storage::StoreDir::open(context.store));
  Result<OpenStore> here = open_locked(store, 0);
  if (here || here.error().code != ErrorCode::busy || !store.file_system().network) return here;
  OpenStore open;
  open.reader = reader_by_coordinator(store);
  MER_TRY(open.reader->data_version());  // whether anyone answers
  return open;
}

ExitCode with_store(const Context& context, const std::function<Status(storage::ResultReader&)>& body) {
  const Result<OpenStore> store = open_store(context);
  if (!store) return report(context, store.error());
  const Status status = body(*store->reader);
  return status ? ExitCode::done : report(context, status.error());
}

web::RepresentationsOf representations_in(const storage::StoreDir& store) {
  return [&store](const TrialId& trial, int attempt) {
    return data::read_representations(store.representations_file(trial, attempt).string(),
                                      storage::without_number(trial), attempt);
  };
}

std::filesystem::path program_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace mer::cli
