// Alloc: when to put another job into Slurm's queue for the trials that wait in a store. Pure: the situation comes in,
// the decision goes out.
//
// Rules: a job for trials that wait, while fewer than `backlog` jobs wait in the queue and all jobs together have at
// most `max_nodes` nodes. A submission that fails is tried again after a pause that doubles; after kMostFailures in a
// row, or kMostBarren jobs in a row that ended without a new epoch, the allocation is paused and says why. It keeps
// which of its jobs it waits for: each counts once when it has ended, whoever else has seen that before.
// Threads: pure functions. Errors: alloc_from_json: corrupt.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "core/result.hpp"

namespace mer::cli {

struct AllocSettings {
  int max_nodes = 1;
  int backlog = 1;                                  // jobs that may wait in the queue
  std::map<std::string, std::string> request = {};  // of each job: cli/slurm_request.hpp
  std::string site = {};                            // file
  std::string idle_timeout = {};                    // of each job's workers; empty: none
  bool operator==(const AllocSettings&) const = default;
};

struct Alloc {
  AllocSettings settings;
  int failures = 0;           // submissions that failed in a row
  double next_try = 0;        // Unix time; not before, after a failure
  int barren = 0;             // jobs in a row that ended without a new epoch
  std::int64_t progress = 0;  // at the last look
  std::string paused = {};    // why; empty: it is not
  // Whose end has not been counted: id -> progress when it was submitted.
  std::map<std::string, std::int64_t> jobs = {};
  bool operator==(const Alloc&) const = default;
};

struct AllocSituation {
  double now = 0;                   // Unix time
  std::int64_t waiting = 0;         // trials that nobody trains
  std::int64_t progress = 0;        // epochs and ended trials; only rises
  std::set<std::string> jobs = {};  // of this allocation that the queue knows: ids
  int queued = 0, running = 0;      // of them
  int nodes_per_job = 1;
};

struct AllocDecision {
  int jobs = 0;     // to submit
  std::string why;  // in words, whatever it is
};
AllocDecision decide(const Alloc& alloc, const AllocSituation& situation);

constexpr int kMostFailures = 5, kMostBarren = 3;

// What a look at the situation, a submission that went well, and one that failed, make of it.
Alloc after_look(Alloc alloc, const AllocSituation& situation);
Alloc after_success(Alloc alloc, const std::string& job);
Alloc after_failure(Alloc alloc, const std::string& error, double now);
// By a person: failures are forgotten.
Alloc resumed(Alloc alloc);

std::string alloc_to_json(const Alloc& alloc);
Result<Alloc> alloc_from_json(const std::string& text, const std::string& name);

}  // namespace mer::cli
