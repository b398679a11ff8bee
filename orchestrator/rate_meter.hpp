// RateMeter: how many things a minute have happened of late.
//
// Holds a count for each of the last twelve spans of five seconds, however many things happen. Threads: one. Errors:
// none.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "orchestrator/events.hpp"

namespace mer::orchestrator {

class RateMeter {
 public:
  void note(TimePoint now);

  // Over the last minute, or since the first one if that is later; nullopt until five seconds after the first.
  std::optional<double> per_minute(TimePoint now) const;

 private:
  static constexpr std::chrono::seconds kSpan{5};
  struct Span {
    std::int64_t number = -1;  // since `begin_`
    std::int64_t count = 0;
  };
  std::int64_t span_at(TimePoint now) const { return (now - *begin_) / kSpan; }

  std::optional<TimePoint> begin_;
  std::array<Span, 12> spans_;
};

}  // namespace mer::orchestrator
