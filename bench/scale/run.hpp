// Run: one sweep on a simulated cluster, in virtual time: the real scheduler, coordinator, agents and store; models of
// trainers, network, mpirun and lost nodes. Everything but the measured CPU time follows from the cluster's seed.
//
// Threads: one. Errors: those of the store end the program.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "bench/scale/probe.hpp"
#include "bench/scale/worker.hpp"
#include "orchestrator/coordinator.hpp"

namespace mer::scale {

struct Options {
  Cluster cluster;
  std::string sqlite;     // folder of a new store; empty: in memory, without epochs
  bool faithful = false;  // the coordinator runs its idle rounds too, and its messages travel as bytes
};

struct Figures {
  double makespan = 0, ideal = 0;  // virtual seconds
  // Shares of what the workers could have done.
  double tail = 0;    // a worker has nothing left to do, others have
  double redone = 0;  // trained twice
  int jobs = 0;
  double coordinator = 0;  // CPU seconds: coordinator and store
  double restart = 0;      // of it, the longest start of a coordinator
  std::size_t rounds = 0;
  SchedulerTimes scheduler;
  double taken_up_mib = 0;  // what the first coordinator allocated to take the sweep up

  double efficiency() const { return ideal / makespan; }
};

class Run {
 public:
  explicit Run(Options options);
  ~Run();
  Figures run();

 private:
  struct Job;
  class Writer;

  std::unique_ptr<storage::ResultWriter> open_store();
  orchestrator::SweepToRun load(storage::ResultWriter& writer) const;
  void start_job();
  void start_coordinator(Job& job);
  void plan_step(Job& job, Time when);
  void step(Job& job);
  void plan_losses(Job& job);
  void lose_node(Job& job);
  void add_up();

  Options options_;
  simulation::EventQueue queue_;
  Random random_;
  Ledger ledger_;
  Figures figures_;
  SweepId sweep_;
  storage::CorpusRecord corpus_;
  std::unique_ptr<storage::ResultWriter> submitter_;  // keeps a store in memory alive
  std::vector<std::unique_ptr<Job>> jobs_;
  double work_ = 0;     // of all trials, seconds of a core of ordinary speed
  double probing_ = 0;  // CPU seconds of the probe within a round
  bool over_ = false;
};

}  // namespace mer::scale
