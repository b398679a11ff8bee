// ProgressMeter: how many epochs of a sweep are behind it, and how long the rest will take at the pace of this session.
//
// Threads: one. Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "core/messages.hpp"
#include "orchestrator/events.hpp"
#include "storage/result_store.hpp"

namespace mer::orchestrator {

class ProgressMeter {
 public:
  void add(const storage::TrialProgress& trial);
  void note(const Report& report);

  std::int64_t epoch_rows() const { return epoch_rows_; }
  // Seconds from now to the end; nullopt until an epoch of this session is done.
  std::optional<double> seconds_left(TimePoint now);

 private:
  struct Left {
    int epochs = 0;  // planned
    int done = 0;
  };
  void set_done(Left& trial, int done);

  std::unordered_map<TrialId, Left> trials_;  // not final ones
  std::int64_t epochs_left_ = 0;
  std::int64_t epochs_trained_ = 0;  // in this session
  std::int64_t epoch_rows_ = 0;
  std::optional<TimePoint> begin_;
};

}  // namespace mer::orchestrator
