// IdleWatch: how long the workers of a group have held no trial at all, from what passes through their gateway.
//
// Threads: one. Errors: none.
#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "core/ids.hpp"
#include "core/messages.hpp"

namespace mer::gateway {

class IdleWatch {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // limit: 0: for ever.
  explicit IdleWatch(std::chrono::milliseconds limit) : limit_(limit) {}

  void to_worker(const Message& message);
  void from_worker(const Message& message);

  // They have held nothing for so long, as the calls have found it; the first one begins to count.
  bool is_over(TimePoint now);

 private:
  std::chrono::milliseconds limit_;
  std::map<TrialId, int> held_;     // -> newest attempt
  std::optional<TimePoint> since_;  // it is empty
};

}  // namespace mer::gateway
