// TimeLeft: what a job's time limit leaves room for. How long a trial takes is the number of its epochs that no
// checkpoint holds, times the median of what epochs of its shape took, in the stacks that they were measured in.
//
// A trial has no room where it would not end before its job does, unless a whole fresh job would be too short for it
// as well: then its checkpoints carry it over. Without a measured epoch it has room. So the first trials that a fresh
// job looks at always have room, or it would end with nothing done, as the next one would.
// Threads: one. Errors: none.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <unordered_map>

#include "orchestrator/events.hpp"

namespace mer::orchestrator {

class TimeLeft {
 public:
  // `whole`: how long a fresh job lasts; 0: as long as this one has when its first worker joins.
  void set_limit(TimePoint ends_at, std::chrono::duration<double> whole);
  // The first worker joins: where most of a whole job is left, this is what a fresh one has for its trials.
  void begin(TimePoint now);
  // True: the shape's estimate is another one. It moves only by more than a twentieth.
  bool note_epoch(int shape, double seconds);

  // For so many epochs; nullopt: none was measured.
  std::optional<double> seconds_for(int shape, int epochs) const;
  // Of the job; nullopt: it has no limit.
  std::optional<double> seconds_left(TimePoint now) const;
  bool has_room(int shape, int epochs, TimePoint now) const;

 private:
  struct Shape {
    std::deque<double> latest;  // seconds of epochs
    double estimate = 0;
  };

  std::unordered_map<int, Shape> shapes_;
  std::optional<TimePoint> ends_at_;
  double whole_ = 0;
  bool begun_ = false;
};

}  // namespace mer::orchestrator
