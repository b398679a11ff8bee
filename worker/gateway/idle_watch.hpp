// IdleWatch: how long the workers of a group have held no trial at all.
//
// Threads: one. Errors: none.
#pragma once

#include <chrono>
#include <optional>

namespace mer::gateway {

class IdleWatch {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // limit: 0: for ever.
  explicit IdleWatch(std::chrono::milliseconds limit) : limit_(limit) {}

  // They have held nothing for so long, as the calls have found it; the first one begins to count.
  bool is_over(bool hold_nothing, TimePoint now) {
    if (!hold_nothing) since_.reset();
    if (limit_.count() == 0 || !hold_nothing) return false;
    if (!since_) since_ = now;
    return now - *since_ >= limit_;
  }

 private:
  std::chrono::milliseconds limit_;
  std::optional<TimePoint> since_;  // they hold nothing
};

}  // namespace mer::gateway
