// Group: the workers of another job, which join the run that a coordinator leads: the real Gateway, driven as
// mer-gateway drives it, and workers in a network of their own.
//
// Threads: one. To be destroyed after the last event of its world.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/sim_worker.hpp"
#include "worker/gateway/gateway.hpp"

namespace mer::simulation {

class Group {
 public:
  // What it is made of. `trouble`: chance of each trainer to go wrong; `zombies`: of each process to live on for a
  // while when its job is killed.
  struct Job {
    int number = 0;  // no other job has the same
    int workers = 1;
    Time patience{};
    double trouble = 0, zombies = 0;
  };

  Group(Job job, const Trainer::World& world, Trace& trace, Mutation mutation);

  // It begins with this line to a coordinator, and looks for others by `find`.
  void begin(gateway::Line line, gateway::FindCoordinator find);

  void wake();  // a frame is there
  void leave();
  void stall_gateway(Time until) { stalled_until_ = std::max(stalled_until_, until); }
  void kill_gateway();
  void lose_node() { kill_all({}); }  // with everything on it, all at once
  SimWorker& some_worker() { return *workers_[std::size_t(world_.random.pick(0, job_.workers - 1))]; }
  // As mpirun when one of its processes is gone.
  void abort();

  bool alive() const;
  bool gateway_alive() const { return gateway_alive_; }
  const std::string& name() const { return name_; }

 private:
  void add_worker(int rank);
  void plan_step(Time when);
  void step();
  void end(ExitCode code);
  void say_goodbye(Time give_up, ExitCode code);
  void kill_all(Time within);
  TimePoint now() const { return TimePoint(world_.queue.now() + clock_offset_); }

  Job job_;
  Trainer::World world_;
  Trace& trace_;
  Mutation mutation_;
  std::string name_;
  Network network_;
  SimTransport transport_;  // of the gateway
  std::vector<std::unique_ptr<SimWorker>> workers_;
  std::unique_ptr<gateway::Gateway> gateway_;
  bool gateway_alive_ = true, ending_ = false, aborted_ = false;
  Time next_step_{-1}, stalled_until_{}, clock_offset_;
};

}  // namespace mer::simulation
