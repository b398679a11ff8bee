// World: one simulated run of a sweep: jobs of a coordinator and workers, one after the other, as `merctl run` starts
// them again until every trial has ended, with the faults of a plan and the checker of a History.
//
// Everything follows from the plan: one queue, one generator, no clock. Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/coordinator.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/sim_worker.hpp"

namespace mer::simulation {

struct Outcome {
  std::optional<std::string> breach;
  std::string trace;  // when it was wanted
  int jobs = 0;
  Time took{};
};

Outcome simulate(std::uint64_t seed, bool with_trace = false, Mutation mutation = Mutation::none);

// Nobody wants to read what thousands of coordinators log.
void silence_logs();

class World {
 public:
  World(const Plan& plan, bool with_trace, Mutation mutation);
  Outcome run();

 private:
  struct Job;

  void start_job();
  void start_coordinator(Job& job);
  orchestrator::SweepToRun sweep_to_run(storage::ResultWriter& writer);
  orchestrator::CoordinatorSettings settings();
  void add_worker(Job& job, int rank);
  void plan_coordinator_step(Job& job, Time when);
  void step_coordinator(Job& job);
  void coordinator_leaves(Job& job, ExitCode code);
  void lose_coordinator(Job& job, const std::string& why);
  void worker_exits(Job& job, int rank, ExitCode code);
  void abort(Job& job);
  void kill_or_forget(Job& job, int rank);
  void end_job_if_all_left(Job& job);
  void end_job(Job& job);
  void next_job();
  bool anybody_lives() const;

  void plan_faults(Job& job);
  void plan_fault(Job& job, double mean, void (World::*fault)(Job&));
  void kill_somebody(Job& job);
  void lose_node(Job& job);
  void stall_somebody(Job& job);
  void jump_clock(Job& job);
  void break_disk(Job& job);
  void ask_for_pause(Job& job);
  void cut_link(Job& job);
  void silence_link(Job& job);
  std::pair<int, int> some_link(const Job& job);

  const Plan plan_;
  const Mutation mutation_;
  EventQueue queue_;
  Random random_;
  Trace trace_;
  History history_;
  StoreBox store_;
  SweepId sweep_;
  Disk disk_;
  double wall_offset_ = 1.7e9;
  std::vector<std::unique_ptr<Job>> jobs_;
  bool over_ = false;
};

}  // namespace mer::simulation
