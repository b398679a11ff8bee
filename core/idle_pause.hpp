// IdlePause: how long a polling loop sleeps between two rounds. An MPI rank has to poll (its blocking calls spin), so
// one that has been quiet for a while, in which an answer would have come, does it less and less often: at 10 ms it
// uses under 1 % of a core, and a message waits no longer than that.
//
// Threads: a plain value.
#pragma once

#include <algorithm>
#include <chrono>

namespace mer {

class IdlePause {
 public:
  static constexpr std::chrono::milliseconds kShortest{1};
  static constexpr std::chrono::milliseconds kLongest{10};

  static constexpr int kEagerRounds = 24;

  // The shortest after a round that did something and some more; then each is twice the one before.
  void round_ended(bool active) {
    quiet_ = active ? 0 : std::min(quiet_ + 1, kEagerRounds);
    pause_ = quiet_ < kEagerRounds ? kShortest : std::min(2 * pause_, kLongest);
  }
  std::chrono::milliseconds pause() const { return pause_; }

 private:
  std::chrono::milliseconds pause_ = kShortest;
  int quiet_ = 0;  // rounds
};

}  // namespace mer
