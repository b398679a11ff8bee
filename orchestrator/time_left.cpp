#include "orchestrator/time_left.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace mer::orchestrator {
namespace {

constexpr std::size_t kLatest = 63;
constexpr double kMoves = 0.05;

double median(const std::deque<double>& values) {
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + std::ptrdiff_t(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

}  // namespace

void TimeLeft::set_limit(TimePoint ends_at, std::chrono::duration<double> whole) {
  ends_at_ = ends_at;
  whole_ = whole.count();
}

void TimeLeft::begin(TimePoint now) {
  if (!ends_at_ || begun_) return;
  begun_ = true;
  const double left = *seconds_left(now);
  if (2 * left >= whole_) whole_ = left;
}

bool TimeLeft::note_epoch(int shape, double seconds) {
  Shape& own = shapes_[shape];
  own.latest.push_back(seconds);
  if (own.latest.size() > kLatest) own.latest.pop_front();
  const double now = median(own.latest);
  if (std::abs(now - own.estimate) <= kMoves * own.estimate) return false;
  own.estimate = now;
  return true;
}

std::optional<double> TimeLeft::seconds_for(int shape, int epochs) const {
  const auto known = shapes_.find(shape);
  if (known == shapes_.end()) return std::nullopt;
  return known->second.estimate * epochs;
}

std::optional<double> TimeLeft::seconds_left(TimePoint now) const {
  if (!ends_at_) return std::nullopt;
  return std::chrono::duration<double>(*ends_at_ - now).count();
}

bool TimeLeft::has_room(int shape, int epochs, TimePoint now) const {
  if (!begun_) return true;
  const std::optional<double> needed = seconds_for(shape, epochs);
  return !needed || *needed <= *seconds_left(now) || *needed > whole_;
}

}  // namespace mer::orchestrator
