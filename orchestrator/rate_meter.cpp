#include "orchestrator/rate_meter.hpp"

#include <algorithm>

namespace mer::orchestrator {

void RateMeter::note(TimePoint now) {
  if (!begin_) begin_ = now;
  const std::int64_t number = span_at(now);
  Span& span = spans_[std::size_t(number) % spans_.size()];
  if (span.number != number) span = {number, 0};
  ++span.count;
}

std::optional<double> RateMeter::per_minute(TimePoint now) const {
  if (!begin_ || now - *begin_ < kSpan) return std::nullopt;
  const std::int64_t current = span_at(now);
  const std::int64_t first = std::max<std::int64_t>(0, current - std::int64_t(spans_.size()) + 1);
  std::int64_t count = 0;
  for (const Span& span : spans_) {
    if (span.number >= first) count += span.count;
  }
  const std::chrono::duration<double> length = now - (*begin_ + first * kSpan);
  return 60 * double(count) / length.count();
}

}  // namespace mer::orchestrator
