// Scheduler: decides which trial runs where, and what an attempt's end means. A pure state machine: no clock, no I/O;
// time is an argument.
//
// Order: of the active sweeps, those of the highest priority first; among equals the one that has the smallest share of
// the workers, and among equal shares the one that was served longest ago. Of a sweep, the trials of the earliest
// incomplete fold group first, so that whole groups end early. A worker holds the trials of one stack, all of one
// shape, up to its capacity: a trial that ends makes room for the next one. A trial goes to the worker that holds the
// fewest. One that fits nowhere, since its shape is another or it must run with fewer neighbours after a crash,
// reserves a worker, which takes nothing more until it is empty: nobody starves. It reserves none of a sweep that goes
// before its own.
//
// Failures (docs/failure.md): a crash is charged when an attempt is claimed; it stays charged only when the trial
// crashed alone (or the trainer blames this very trial). A stack of several that crashes is retried in halves, then
// alone; one that ran out of memory makes its worker hold half as many. Retries wait: back-off doubles with each crash.
// A worker may leave: what it has is stopped and tried elsewhere, uncharged.
// A host that fails trial after trial is excluded (node_health.hpp): what its workers hold is stopped and tried
// elsewhere, and what crashed by its fault is not charged.
// A cancelled trial leaves its worker at the next step; until it has, its place is taken and it is not tried again, for
// no sweep.
// Groups of other jobs outlive a coordinator: what they had runs on, held by a group that is absent, until it comes
// back or its grace has passed. What its workers still have goes on as the attempts that they are; all else is handed
// back, uncharged. A worker that brings attempts which are not current any more gets nothing new until it has let them
// go.
// Time limits (time_left.hpp): a trial that would not end before its job does is not started. When nothing else is left
// and nothing runs, the run ends as if it was paused.
// Threads: one. Errors: none; a stale report is refused without effect.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "orchestrator/events.hpp"
#include "orchestrator/node_health.hpp"
#include "orchestrator/time_left.hpp"

namespace mer::orchestrator {

struct SchedulerOptions {
  std::chrono::milliseconds backoff{1000};  // after the first crash; doubles with each
  std::chrono::milliseconds longest_backoff{60'000};
  int node_crashes = 3;  // different trials in a row that crash on a host before it is excluded; 0: none is
  std::chrono::milliseconds grace{60'000};  // for groups that an earlier coordinator had, to come back
  bool stay = false;                        // does not end when nothing is left
};

// What holds a trial, or holds it up.
struct TrialStanding {
  TrialState state = TrialState::pending;
  bool leaving = false;                 // cancelled, but its worker has not let it go yet
  std::optional<WorkerId> worker;       // that has it
  bool absent = false;                  // a group has it that has not come back yet
  bool of_active_sweep = false;         // else nobody begins it
  std::optional<double> backoff;        // seconds until it is tried again
  std::int64_t before_it = 0;           // trials that may start now and go first in its sweep
  std::int64_t of_higher_priority = 0;  // trials that may start now, of sweeps that go before its own
  int workers = 0;                      // joined
  int full = 0;                         // of them, that take no more
  int emptied = 0;                      // of them, that are being emptied for a trial that fits nowhere
  std::optional<double> needs;          // seconds, where it waits because its job ends before
  std::optional<double> job_ends_in;    // seconds
};

class Scheduler {
 public:
  explicit Scheduler(SchedulerOptions options) : options_(options), health_(options.node_crashes) {}

  // REQUIRES: no trial of an added sweep is running, unless it is known or a group has it. What people ask for never
  // ends the run: where nothing is left, the next tick does.
  std::vector<Effect> on(const Event& event, TimePoint now);

  std::int64_t count(TrialState state) const { return counts_[std::size_t(state)]; }
  std::int64_t stale_reports() const { return stale_reports_; }
  // nullopt: no sweep that it knows has this trial.
  std::optional<TrialStanding> standing(const TrialId& id, TimePoint now) const;
  // What the worker has, those that it is to let go among them; empty: nothing, or it has not joined.
  std::vector<ClaimedTrial> held_by(WorkerId worker) const;

 private:
  using Position = std::int32_t;  // in trials_: submission order
  struct Sweep {
    SweepId id;
    int priority = 0;
    bool active = true;
    int stack = 1;
    std::set<Position> ready;  // pending, may start now
    std::int64_t served = 0;   // rises with each trial that is given out for it
  };
  struct Trial {
    TrialId id;
    std::vector<int> sweeps;  // positions in sweeps_
    int shape = 0;
    int max_attempts = 0;
    TrialState state = TrialState::pending;
    int attempt = 0;
    int crashes = 0;
    int epochs = 0, saved = 0;
    int stack_limit = kNoLimit;  // halved when a stack with it crashed
    bool ready = false;
    TimePoint ready_at;    // while it waits_
    bool leaving = false;  // cancelled, but its worker has not let it go yet
    WorkerId worker;       // of the running or leaving attempt
    int runs_for = 0;      // of `sweeps`: whose share it counts to
    bool absent = false;   // runs, in a group that is not here: no worker has it
  };
  struct Worker {
    std::set<Position> held;
    std::map<int, int> held_for;  // sweep -> how many of them
    int shape = -1;               // of what it holds, or held last
    int capacity = 1;
    int memory_limit = kNoLimit;   // of this shape
    std::map<TrialId, int> stale;  // attempts that it brought, not current any more, and has not let go
    bool reserved = false;         // until it is empty
    bool leaving = false;          // when it is empty
    std::string host = {};
    bool shut_out = false;  // it gets nothing: its host is excluded
  };
  struct Absent {  // a group
    std::set<Position> held;
    std::optional<TimePoint> until;  // it is waited for; since the first tick
  };
  struct Place {
    WorkerId id;
    Worker* worker = nullptr;
    bool was_empty = false;  // before this round
  };
  // One round of dispatch().
  struct Round {
    std::vector<Place> open;     // that can take one more
    std::int64_t reserved = 0;   // workers, for the first trials that fit nowhere, one each
    std::vector<double> shares;  // of the workers, by sweep
    std::vector<Position> from;  // by sweep: the next trial to look at
    std::map<WorkerId, ClaimAndAssign> assignments;
  };
  static constexpr int kNoLimit = 1 << 30;

  void on_event(const SweepAdded& event, TimePoint now);
  void on_event(const SweepChanged& event, TimePoint now);
  void on_event(const TrialsCancelled& event, TimePoint now);
  void on_event(const TrialsRetried& event, TimePoint now);
  void on_event(const GroupReturned& event, TimePoint now);
  void on_event(const WorkerJoined& event, TimePoint now);
  void on_event(const WorkerReport& event, TimePoint now);
  void on_event(const WorkerCapacity& event, TimePoint now);
  void on_event(const WorkerLeaving& event, TimePoint now);
  void on_event(const WorkerLost& event, TimePoint now);
  void on_event(const NodesExcluded& event, TimePoint now);
  void on_event(const JobLimit& event, TimePoint now);
  void on_event(const Tick& event, TimePoint now);
  void on_event(const PauseRequested& event, TimePoint now);
  void on_event(const RunBroken& /*event*/, TimePoint /*now*/) { broken_ = true; }

  int number_of_shape(const std::string& shape);
  Position known_or_new(const ScheduledTrial& given);
  void replace(Position old, Position by);
  Trial* find(const TrialId& id);
  bool is_wanted(const Trial& trial) const;
  bool forget_absent(Position position);
  void give_up_absent(std::map<std::string, Absent>::iterator group, TimePoint now);
  void hand_back(Position position, const std::string& why, TimePoint now);
  void go_on(Position position, WorkerId id, Worker& worker);
  Position position_of(const Trial& trial) const { return Position(&trial - trials_.data()); }
  void stop_running_trials(int sweep);
  void note_stale_end(const WorkerReport& event);
  void note_progress(Trial& trial, const AttemptEvent& event);
  void end_attempt(Position position, const AttemptEvent& event, TimePoint now);
  Record record_failure(Position position, const Report& report, TimePoint now);
  void learn_from_crash(Trial& trial, const AttemptFailed& crash);
  void let_go(Trial& trial, const AttemptEvent& event);
  void release(Position position);
  void let_empty_workers_go();
  void follow_verdicts();
  void refund(const NodeCrash& crash);
  void shut_out_workers();
  void move(Trial& trial, TrialState state);
  void wait(Position position, TimePoint until);
  void wake(TimePoint now);
  void make_ready(Trial& trial);
  void make_unready(Trial& trial);

  void dispatch(TimePoint now);
  Round new_round();
  int next_sweep(const Round& round) const;
  bool in_time(const Trial& trial, TimePoint now) const;
  bool place(Round& round, int sweep, Position position);
  bool may_reserve(const Round& round, int sweep, const Worker& worker) const;
  void add_shares(Round& round, const Worker& worker, double sign) const;
  bool has_room(const Worker& worker) const;
  int limit_of(const Worker& worker) const;
  bool fits(const Worker& worker, const Trial& trial) const;
  void hand(Position position, int sweep, WorkerId id, Worker& worker);
  void rest();
  void end_if_over(TimePoint now);

  SchedulerOptions options_;
  std::vector<Sweep> sweeps_;
  std::vector<Trial> trials_;
  std::unordered_map<TrialId, Position> positions_;
  std::unordered_map<std::string, int> shapes_;
  std::set<std::pair<TimePoint, Position>> waiting_;  // pending, may start then
  std::map<WorkerId, Worker> workers_;                // joined
  std::set<WorkerId> leaving_;                        // of them
  std::map<std::string, Absent> absent_;              // by name
  TimeLeft time_left_;
  NodeHealth health_;
  std::int64_t counts_[6] = {};
  std::int64_t stale_reports_ = 0;
  std::int64_t served_ = 0;  // trials given out so far
  bool settled_ = false;     // dispatch() would change nothing
  bool pausing_ = false;
  bool broken_ = false;
  bool ended_ = false;
  std::vector<Effect> effects_;  // of the event at hand
};

}  // namespace mer::orchestrator
