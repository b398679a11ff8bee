// Scheduler: decides which trial runs where, and what an attempt's end means. A pure state machine: no clock, no I/O;
// time is an argument.
//
// Order: the trials of the earliest incomplete fold group first, so that whole groups end early. A worker holds the
// trials of one stack, all of one shape, up to its capacity: a trial that ends makes room for the next one. A trial
// goes to the worker that holds the fewest. One that fits nowhere, since its shape is another or it must run with
// fewer neighbours after a crash, reserves a worker, which takes nothing more until it is empty: nobody starves.
//
// Failures (docs/failure.md): a crash is charged when an attempt is claimed; it stays charged only when the trial
// crashed alone (or the trainer blames this very trial). A stack of several that crashes is retried in halves, then
// alone; one that ran out of memory makes its worker hold half as many. Retries wait: back-off doubles with each crash.
// Threads: one. Errors: none; a stale report is refused without effect.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "orchestrator/events.hpp"

namespace mer::orchestrator {

struct SchedulerOptions {
  int max_attempts = 3;                     // crashes after which a trial is failed
  int stack = 1;                            // trials that a worker holds until its trainer says how many it wants
  std::chrono::milliseconds backoff{1000};  // after the first crash; doubles with each
  std::chrono::milliseconds longest_backoff{60'000};
};

// What the scheduler knows of a trial. Given in submission order: trials of one fold group follow each other.
struct ScheduledTrial {
  TrialId id;
  std::string shape;  // trials of equal shape may share a stack (shape_key_of)
  TrialState state = TrialState::pending;
  int attempt = 0;  // highest claimed
  int crashes = 0;
};

class Scheduler {
 public:
  // Trials that stand in the list twice (two configurations share them) are run once. REQUIRES: none is running.
  Scheduler(SchedulerOptions options, const std::vector<ScheduledTrial>& trials);

  std::vector<Effect> on(const Event& event, TimePoint now);

  std::int64_t count(TrialState state) const { return counts_[std::size_t(state)]; }
  std::int64_t stale_reports() const { return stale_reports_; }

 private:
  struct Trial {
    TrialId id;
    int shape = 0;
    TrialState state = TrialState::pending;
    int attempt = 0;
    int crashes = 0;
    int stack_limit = kNoLimit;  // halved when a stack with it crashed
    WorkerId worker;             // of the running attempt
  };
  using Position = std::int32_t;  // in trials_: submission order
  struct Worker {
    std::set<Position> held;
    int shape = -1;  // of what it holds, or held last
    int capacity = 1;
    int memory_limit = kNoLimit;  // of this shape
    bool reserved = false;        // until it is empty
  };
  struct Place {
    WorkerId id;
    Worker* worker = nullptr;
    bool was_empty = false;  // before this round
  };
  static constexpr int kNoLimit = 1 << 30;

  void on_event(const WorkerJoined& event, TimePoint now);
  void on_event(const WorkerReport& event, TimePoint now);
  void on_event(const WorkerCapacity& event, TimePoint now);
  void on_event(const WorkerLost& event, TimePoint now);
  void on_event(const Tick&, TimePoint) {}
  void on_event(const PauseRequested& event, TimePoint now);

  void end_attempt(Position position, const AttemptEvent& event, TimePoint now);
  Record record_failure(Position position, const Report& report, TimePoint now);
  void learn_from_crash(Trial& trial, const AttemptFailed& crash);
  void release(Position position);
  void move(Position position, TrialState state);
  void wait(Position position, TimePoint until);
  void wake(TimePoint now);
  void dispatch();
  bool has_room(const Worker& worker) const;
  int limit_of(const Worker& worker) const;
  bool fits(const Worker& worker, const Trial& trial) const;
  void hand(Position position, WorkerId id, Worker& worker);
  void end_if_over();

  SchedulerOptions options_;
  std::vector<Trial> trials_;
  std::unordered_map<TrialId, Position> positions_;
  std::set<Position> ready_;                          // pending, may start now
  std::set<std::pair<TimePoint, Position>> waiting_;  // pending, may start then
  std::map<WorkerId, Worker> workers_;                // joined
  std::int64_t counts_[6] = {};
  std::int64_t stale_reports_ = 0;
  bool pausing_ = false;
  bool ended_ = false;
  std::vector<Effect> effects_;  // of the event at hand
};

}  // namespace mer::orchestrator
