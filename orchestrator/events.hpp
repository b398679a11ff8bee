// Events and effects: the scheduler's whole alphabet. What happened goes in, what to do comes out.
//
// Threads: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/messages.hpp"
#include "core/trial.hpp"
#include "orchestrator/node_health.hpp"

namespace mer::orchestrator {

using TimePoint = std::chrono::steady_clock::time_point;

// What the scheduler knows of a trial.
struct ScheduledTrial {
  TrialId id;
  std::string shape;  // trials of equal shape may share a stack
  TrialState state = TrialState::pending;
  int attempt = 0;  // highest claimed
  int crashes = 0;
  int epochs = 0, saved = 0;  // in all; in its newest checkpoint
  std::string group = {};     // of one that runs: has it, and may come back
};
struct EpochTime {
  std::string shape;
  double seconds = 0;
};
struct ScheduledSweep {
  SweepId id;
  int priority = 0;                      // sweeps of the highest go first
  bool active = true;                    // else its trials wait
  int max_attempts = 3;                  // crashes after which a trial is failed
  int stack = 1;                         // trials that a worker holds until its trainer says how many it wants
  std::vector<ScheduledTrial> trials;    // in submission order: those of one fold group follow each other
  std::vector<EpochTime> measured = {};  // in earlier runs
};

// --- what happened ---
// Trials that are there already are shared; one that has ended, and is said not to have, is a new one of that id.
struct SweepAdded {
  ScheduledSweep sweep;
};
struct SweepChanged {
  SweepId sweep;
  int priority = 0;
  bool active = true;
};
struct TrialsCancelled {
  std::vector<TrialId> trials;
};
struct TrialsRetried {
  std::vector<TrialId> trials;
};
struct ClaimedTrial {
  TrialId trial;
  int attempt = 0;
  bool operator==(const ClaimedTrial&) const = default;
};
// A group of another job is there: of what it had under an earlier coordinator, its workers still have these.
struct GroupReturned {
  std::string group;
  std::vector<ClaimedTrial> held;
};
struct WorkerJoined {
  WorkerId worker;
  std::string host = {};                // empty: of several, or unknown
  std::string group = {};               // that it belongs to; empty: none
  std::vector<ClaimedTrial> held = {};  // from an earlier coordinator
};
struct WorkerReport {
  WorkerId worker;
  Report report;
};
struct WorkerCapacity {  // how many trials its trainer wants at once
  WorkerId worker;
  int trials = 1;
};
struct WorkerLeaving {  // its job is at its end: it gets nothing new, and is let go when it has nothing left
  WorkerId worker;
};
struct WorkerLost {  // silent, or its rank is gone
  WorkerId worker;
};
struct JobLimit {  // this job ends then
  TimePoint ends_at;
  std::chrono::duration<double> whole{0};  // how long a fresh one lasts; 0: as this one when its first worker joins
};
struct NodesExcluded {  // by people, or in earlier runs: these hosts, and no others
  std::set<std::string> hosts;
};
struct Tick {};  // time has passed
struct PauseRequested {};
struct RunBroken {};  // this run ends in this round: nothing more is claimed, and what others hold stays theirs

using Event =
    std::variant<SweepAdded, SweepChanged, TrialsCancelled, TrialsRetried, GroupReturned, WorkerJoined, WorkerReport,
                 WorkerCapacity, WorkerLeaving, WorkerLost, NodesExcluded, JobLimit, Tick, PauseRequested, RunBroken>;

// --- what to do, in this order ---
// Claim all trials, durably; then send them to the worker, where they join what it trains.
struct ClaimAndAssign {
  WorkerId worker;
  std::vector<ClaimedTrial> trials;
  bool operator==(const ClaimAndAssign&) const = default;
};
// Store the report of a current attempt. `after_failure` and `refund` matter for AttemptFailed only.
struct Record {
  Report report;
  TrialState after_failure = TrialState::pending;
  bool refund = false;
  bool operator==(const Record&) const = default;
};
struct SendStop {
  WorkerId worker;
  std::vector<TrialId> trials;  // empty: all
  bool operator==(const SendStop&) const = default;
};
// A worker that wants to leave has nothing left, and is none of the scheduler's any more: it is told to leave.
struct LetGo {
  WorkerId worker;
  bool operator==(const LetGo&) const = default;
};
// A node is excluded, or taken back. The crashes that were its fault are given back, durably; who has failed by them
// waits again.
struct JudgeNode {
  NodeVerdict verdict;
  bool operator==(const JudgeNode&) const = default;
};
// Nothing is left to do for now, though more may come: every worker is let go, and none is the scheduler's any more.
struct Idle {
  bool operator==(const Idle&) const = default;
};
// Nothing is left to do, once: every rank is told to leave.
struct Ended {
  bool paused = false;  // trials are left; the same command resumes
  std::int64_t done = 0, failed = 0, diverged = 0, cancelled = 0, pending = 0;
  bool out_of_time = false;  // no trial that is left would end before the job does
  bool operator==(const Ended&) const = default;
};

using Effect = std::variant<ClaimAndAssign, Record, SendStop, LetGo, JudgeNode, Idle, Ended>;

}  // namespace mer::orchestrator
