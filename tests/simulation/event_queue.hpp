// EventQueue: virtual time, and what happens when. Two events of one instant happen in the order in which they were
// planned.
//
// Threads: one.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace mer::simulation {

using Time = std::chrono::microseconds;  // since the world began

class EventQueue {
 public:
  Time now() const { return now_; }

  void at(Time when, std::function<void()> what) {
    events_.push_back({std::max(when, now_), ++planned_, std::move(what)});
    std::push_heap(events_.begin(), events_.end(), later);
  }
  void after(Time delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

  // False: nothing is left to happen.
  bool run_next() {
    if (events_.empty()) return false;
    std::pop_heap(events_.begin(), events_.end(), later);
    const Event event = std::move(events_.back());
    events_.pop_back();
    now_ = event.when;
    event.what();
    return true;
  }

 private:
  struct Event {
    Time when{};
    std::uint64_t number = 0;
    std::function<void()> what;
  };
  static bool later(const Event& a, const Event& b) { return a.when != b.when ? a.when > b.when : a.number > b.number; }

  Time now_{};
  std::uint64_t planned_ = 0;
  std::vector<Event> events_;  // a heap
};

}  // namespace mer::simulation
