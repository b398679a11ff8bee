// CheckpointPace: when a trial's next checkpoint is due. Never sooner than the interval after the last one was begun,
// and where files take long, on a file system that hundreds of trainers share, so much later that a file is under way
// for a twentieth of the time at most: what all of them write is bounded by what the file system takes.
//
// A pure state machine: time is an argument. Threads: one. Errors: none.
#pragma once

#include <algorithm>
#include <chrono>

namespace mer::trainer {

class CheckpointPace {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Seconds = std::chrono::duration<double>;
  static constexpr double kWritingShare = 0.05;

  // interval: 0: every epoch, whatever it takes.
  CheckpointPace(Seconds interval, TimePoint begin) : interval_(interval), begun_(begin) {}

  void begun(TimePoint now) { begun_ = now; }
  // The file that was begun last is there, or failed. `took`: with the time that it waited for others of the stack.
  void written(Seconds took) { took_ = took; }

  bool due(TimePoint now) const {
    if (interval_ <= Seconds(0)) return true;
    return now - begun_ >= std::max(interval_, took_ / kWritingShare);
  }

 private:
  Seconds interval_;
  TimePoint begun_;
  Seconds took_{0};
};

}  // namespace mer::trainer
