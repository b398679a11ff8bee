#include "cli/store_watch.hpp"

#include "cli/store_access.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {
namespace {

using Clock = std::chrono::steady_clock;

// On a network file system the lock is this process's own, and so nobody else's.
Result<bool> held_by_another(const Context& context, const OpenStore& store) {
  if (store.lock) return false;
  MER_ASSIGN(const storage::StoreDir folder, storage::StoreDir::open(context.store));
  MER_ASSIGN(const auto holder, storage::StoreLock::holder(folder));
  return holder.has_value();
}

}  // namespace

Result<bool> StoreWatch::look(const std::function<Status(storage::ResultReader&)>& body) {
  const Result<OpenStore> store = open_store(context_);
  if (!store) {
    if (store.error().code == ErrorCode::busy) found(true);
    return store.error();
  }
  MER_ASSIGN(const bool attended, held_by_another(context_, *store));
  found(attended);
  MER_ASSIGN(const std::int64_t version, store->reader->data_version());
  if (version_ == version) return false;
  MER_TRY(body(*store->reader));
  version_ = version;
  return true;
}

std::chrono::duration<double> StoreWatch::unattended() const {
  return unattended_since_ ? Clock::now() - *unattended_since_ : Clock::duration::zero();
}

void StoreWatch::found(bool attended) {
  if (attended) {
    unattended_since_.reset();
  } else if (!unattended_since_) {
    unattended_since_ = Clock::now();
  }
}

}  // namespace mer::cli
