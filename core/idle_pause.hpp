// IdlePause: how long a polling loop sleeps between two rounds. An MPI rank has to poll (its blocking calls spin), so a
// quiet one does it less and less often: at 10 ms it uses under 1 % of a core, and a message waits no longer than that.
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

  // The round that just ended did something: the next pause is the shortest; else each is twice the one before.
  void round_ended(bool active) { pause_ = active ? kShortest : std::min(2 * pause_, kLongest); }
  std::chrono::milliseconds pause() const { return pause_; }

 private:
  std::chrono::milliseconds pause_ = kShortest;
};

}  // namespace mer
