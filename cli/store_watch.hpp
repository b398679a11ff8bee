// StoreWatch: looks at a store again and again, and keeps nobody out of it between two looks.
//
// Threads: one. Errors: as store_access.hpp; busy on a network file system while another process works there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "cli/context.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::cli {

class StoreWatch {
 public:
  explicit StoreWatch(Context context) : context_(std::move(context)) {}

  // Calls `body` with a reader if something has been written since it was called last; true: it was called.
  Result<bool> look(const std::function<Status(storage::ResultReader&)>& body);

  // For so long, as the looks found it, has no process held the store: nobody trains. A run that starts again what it
  // lost lets go of the store for less than kAbandoned.
  std::chrono::duration<double> unattended() const;
  static constexpr std::chrono::seconds kAbandoned{3};
  bool abandoned() const { return unattended() >= kAbandoned; }

 private:
  void found(bool attended);

  Context context_;
  std::optional<std::int64_t> version_;
  std::optional<std::chrono::steady_clock::time_point> unattended_since_;
};

}  // namespace mer::cli
