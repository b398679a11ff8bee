// Stopwatch: sums up where the training thread's time goes, at the cost of reading a clock at each change of work.
//
// Wall time as this thread sees it: a device that works behind its back shows up where the thread waits for it.
// Threads: one.
#pragma once

#include <chrono>
#include <utility>

#include "core/profile.hpp"

namespace mer::trainer {

class Stopwatch {
 public:
  // Until the next call the time belongs to `work`.
  void enter(Work work) {
    const Clock::time_point now = Clock::now();
    profile_.seconds[std::size_t(work_)] += std::chrono::duration<double>(now - std::exchange(entered_, now)).count();
    work_ = work;
  }
  void count_step() { ++profile_.steps; }

  // From the start until now.
  const Profile& read() {
    enter(work_);
    return profile_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  Profile profile_;
  Work work_ = Work::other;
  Clock::time_point entered_ = Clock::now();
};

}  // namespace mer::trainer
