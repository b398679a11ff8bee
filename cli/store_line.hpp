// StoreLine: the reader of a store on a network file system whose lock another process holds: it asks the coordinator
// there, and takes the lock itself once that has ended.
//
// Threads: one. Errors: those of the reader; busy or unavailable when for some seconds neither way was open; invalid:
// the coordinator is of another version of mer.
#pragma once

#include <memory>

#include "core/result.hpp"
#include "storage/result_store.hpp"
#include "storage/store_dir.hpp"

namespace mer::cli {

std::unique_ptr<storage::ResultReader> reader_by_coordinator(const storage::StoreDir& store);

}  // namespace mer::cli
