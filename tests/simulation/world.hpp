// World: one simulated run of sweeps: jobs of a coordinator and workers, one after the other, as `merctl run` starts
// them again until every trial has ended, groups of other jobs that join them, the people and the faults of a plan, and
// the checker of a History.
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
#include "tests/simulation/group.hpp"
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

// What a person wants, and asks for again until it is answered.
struct Ask {
  const storage::Submission* submission = nullptr;  // else control
  storage::Control control;
  bool again = false;        // once more when it has been answered
  bool breaks_disk = false;  // in the same instant
};

class World {
 public:
  World(const Plan& plan, bool with_trace, Mutation mutation);
  Outcome run();

 private:
  struct Job;

  void start_job(SweepId named);
  void start_coordinator(Job& job);
  void open_gate(Job& job);
  void watch(Job& job);
  std::vector<orchestrator::SweepToRun> sweeps_to_run(Job& job);
  Result<orchestrator::SweepToRun> load_sweep(Job& job, SweepId id);
  orchestrator::SweepToRun distorted(orchestrator::SweepToRun sweep) const;
  orchestrator::CoordinatorSettings settings(Job& job);
  orchestrator::NodeBook node_book(int session);
  double calendar() const { return wall_offset_ + double(queue_.now().count()) / 1e6; }
  void plan_end_of_time(Job& job);
  void add_worker(Job& job, int rank);
  void plan_coordinator_step(Job& job, Time when);
  void step_coordinator(Job& job);
  void coordinator_leaves(Job& job, ExitCode code);
  void settle(Job& job, Time give_up, ExitCode code);
  void lose_coordinator(Job& job, const std::string& why);
  void drop_coordinator(Job& job);
  void worker_exits(Job& job, int rank, ExitCode code);
  void abort(Job& job);
  void kill_or_forget(Job& job, int rank);
  void end_job_if_all_left(Job& job);
  void end_job(Job& job);
  void next_job();
  void start_group(Job& job);
  void keep_company(Job& job);
  std::optional<gateway::Line> find_coordinator(Group& group, const std::string& known);
  void trouble_group(Job& job);
  bool a_group_lives() const;
  bool anybody_lives() const;
  bool a_coordinator_lives() const;

  void ask_for_late_sweeps();
  void ask_for_something(Job& job);
  storage::Control draw_control();
  Ask second_thought(const storage::Control& cancelled);
  Time soon();
  void resume_what_rests();
  void plan_ask(Time delay, Ask ask);
  void ask(const Ask& ask);
  void ask_store(const Ask& ask);
  void answer(Job& job, TimePoint now);
  void answered(const Ask& ask, const Status& status);
  void break_disk_for(const Ask& ask);
  std::string text_of_ask(const Ask& ask) const;

  void plan_faults(Job& job);
  void plan_fault(Job& job, double mean, void (World::*fault)(Job&));
  void kill_somebody(Job& job);
  void lose_node(Job& job);
  void stall_somebody(Job& job);
  void jump_clock(Job& job);
  void ask_about_node(Job& job);
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
  std::set<std::string> excluded_;  // hosts
  Disk disk_;
  double wall_offset_ = 1.7e9;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<std::unique_ptr<Group>> groups_;
  int asks_ = 0;  // not answered yet
  bool over_ = false;
};

}  // namespace mer::simulation
