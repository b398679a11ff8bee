// Plan: what a seed stands for: sweeps, a number of workers, what people ask for, and a mix of faults.
//
// Which faults belong together, and what must hold under each, stands in docs/failure.md. Threads: plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/result_store.hpp"
#include "tests/simulation/random.hpp"

namespace mer::simulation {

// processes: all that Open MPI on one machine or several lets happen while the network works.
// partitions: links that are silent for a while, or break for good in one direction or both.
// unordered: a transport that repeats messages and lets them overtake each other within a link.
enum class Mix { calm, processes, partitions, unordered };
const char* name_of(Mix mix);

// What a trial does to its trainer whenever it is trained, until `attempts` of its attempts have done so.
struct Fate {
  enum class Kind { none, diverges, crashes, error, memory };
  Kind kind = Kind::none;
  int epoch = 1;
  int attempts = 1;
};

// Of the store's content and of trainers; sweeps of other code run done trials anew.
constexpr const char* kCode = "v1";
constexpr const char* kOtherCode = "v2";

struct PlannedSweep {
  storage::Submission submission;
  bool late = false;  // submitted while others run, or between two jobs
};

struct Plan {
  std::uint64_t seed = 0;
  Mix mix = Mix::calm;
  bool sqlite = false;   // else MemoryStore
  bool codec = false;    // messages are encoded and decoded
  bool batches = false;  // a coordinator's round gets all that has arrived; else one message
  int workers = 1;
  int gang = 1;
  int stack = 0;  // 0: trainers say how many they want
  int max_attempts = 3;
  std::vector<PlannedSweep> sweeps;  // of different names; they share trials
  std::unordered_map<TrialId, Fate> fates;
  double job_seconds = 0;  // after which each job is killed; 0: no limit

  // Chances of each new trainer to go wrong, and mean numbers of faults in the first two minutes of a job; each new job
  // has fewer of them, until there are none.
  double trainer_faults = 0;
  double kills = 0, node_losses = 0, stalls = 0, clock_jumps = 0, disk_faults = 0, pauses = 0;
  double asks = 0;                      // what people ask for: cancel, pause, resume, retry, priority, submit again
  double asks_with_fault = 0;           // chance of each to meet a disk that breaks
  double cuts = 0, silences = 0;        // of links
  double repeats = 0, overtakings = 0;  // of each message
  int node_crashes = 0;                 // different trials in a row before a host is excluded; 0: none is
  std::string bad_host;                 // on which most trainers go wrong; empty: none
  double node_asks = 0;                 // of people who exclude a host, or take it back
  double zombies = 0;                   // chance of each process of a dead job to live on
  double leaks = 0;                     // chance of a zombie's report to reach the next coordinator

  // Of other jobs, whose workers join a coordinator: mean numbers in a job of its.
  double groups = 0, group_troubles = 0;
  double alone = 0;                   // chance of a coordinator to have no workers of its own
  std::chrono::seconds patience{60};  // of groups without a coordinator
};

Plan plan_of(std::uint64_t seed);
std::string describe(const Plan& plan);

}  // namespace mer::simulation
