// StoreChanges: what differs in a store between one look at it and the next.
//
// A look costs the sweeps, and the trials of those that have trials running or that differ themselves.
// Threads: one. Errors: the reader's; the next look tells what this one would have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::web {

// More trials than this are not listed one by one.
constexpr std::size_t kMostListed = 1000;

class StoreChanges {
 public:
  struct Look {
    // The store's version before and after it was read: all that came up to `before` has been seen, some of what came
    // until `after` may have been.
    std::int64_t before = 0;
    std::int64_t after = 0;
    std::string fields;  // JSON: "sweeps" and "trials" that differ (docs/http.md); empty: none does, or it is the first
  };

  // nullopt: the store's version is the one of the last look.
  Result<std::optional<Look>> look(storage::ResultReader& reader);

 private:
  struct Progress {
    TrialState state = TrialState::pending;
    int attempt = 0;
    int epoch = 0;
    std::size_t annotation = 0;  // its hash
    bool operator==(const Progress&) const = default;
  };
  using Trials = std::map<std::string, Progress>;
  struct Listed {
    std::string id;
    SweepId sweep;
    int configuration = 0;  // its position in the sweep
    Progress progress;
  };

  Status look_at_trials(storage::ResultReader& reader, SweepId sweep);
  std::string take_fields(const std::vector<const storage::SweepSummary*>& changed);

  std::optional<std::int64_t> version_;
  std::map<std::int64_t, storage::SweepSummary> sweeps_;
  std::map<std::int64_t, Trials> trials_;  // of sweeps that have trials left
  std::vector<Listed> listed_;             // that differ and have not been told
  bool too_many_ = false;                  // to be listed
};

}  // namespace mer::web
