// Succession: when a job whose workers joined a run is to lead that, since its coordinator is lost and no other one has
// come.
//
// Pure: it is told what the caller sees, and the time. Several jobs may decide at once; the store's lock then lets in
// one of them. Threads: plain values. Errors: none.
#pragma once

#include <chrono>
#include <optional>

#include "cli/sweep_run.hpp"

namespace mer::cli {

class Succession {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // delay: how long nobody must have held the store; longer than a run takes to start again what it lost, and another
  // one in each job.
  explicit Succession(std::chrono::milliseconds delay) : delay_(delay) {}

  // A look at the store's lock. True: nobody has held it for the delay, as the looks found it, and `has_own`, a
  // coordinator that this job has started, is not there either; the next delay begins.
  bool is_due(bool held, bool has_own, TimePoint now);

  // leave: the store has nothing left for these workers. wait: kMostStarts coordinators of this job led to no epoch.
  enum class Step { lead, leave, wait };
  static constexpr int kMostStarts = 3;
  Step next(const Standing& standing);

 private:
  std::chrono::milliseconds delay_;
  std::optional<TimePoint> free_since_;
  std::optional<Standing> last_start_;
  int fruitless_ = 0;  // starts, one after the other
};

}  // namespace mer::cli
