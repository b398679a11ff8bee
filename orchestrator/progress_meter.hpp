// ProgressMeter: how many epochs of a sweep are behind it, and how long the rest will take at the pace of this session.
//
// Threads: one. Errors: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/messages.hpp"
#include "orchestrator/events.hpp"

namespace mer::orchestrator {

class ProgressMeter {
 public:
  // Of the trial of that number; numbers go up from 0.
  void add(int epochs, int done, bool over);
  void note(std::size_t trial, const Report& report);

  std::int64_t epoch_rows() const { return epoch_rows_; }
  // Seconds from now to the end; nullopt until an epoch of this session is done.
  std::optional<double> seconds_left(TimePoint now);

 private:
  struct Left {
    int epochs = 0;  // planned; 0: it was over before
    int done = 0;
  };
  void set_done(Left& trial, int done);

  std::vector<Left> trials_;
  std::int64_t epochs_left_ = 0;
  std::int64_t epochs_trained_ = 0;  // in this session
  std::int64_t epoch_rows_ = 0;
  std::optional<TimePoint> begin_;
};

}  // namespace mer::orchestrator
