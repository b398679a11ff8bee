// SimWorker: a worker of a simulated world: the real Agent, driven as AgentLoop drives it, with a model of a trainer.
//
// Threads: one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/disk.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/trainer.hpp"
#include "worker/agent.hpp"

namespace mer::simulation {

class SimWorker {
 public:
  // `trouble`: chance of each trainer to go wrong. `name`: in the trace.
  SimWorker(Trainer::World world, Trace& trace, Network& network, int rank, const std::string& host, std::string name,
            double trouble, Mutation mutation);

  std::function<void(ExitCode)> on_exit = [](ExitCode) {};
  std::function<void(const Report&)> on_report = [](const Report&) {};  // that it sends
  std::function<SimWorker*(int)> worker_of_rank;                        // of its gang

  void begin() { wake(); }
  void wake();  // something has come
  void stall(Time until) { stalled_until_ = std::max(stalled_until_, until); }
  void jump_clock(Time forward) { clock_offset_ += forward; }
  void die();
  bool alive() const { return alive_; }
  Trainer* trainer() const { return trainer_; }
  const std::string& name() const { return name_; }

 private:
  void plan_step(Time when);
  void step();
  void pretend_to_stop(const Message& message);
  void listen_to_trainer();
  void feed(const worker::AgentEvent& event);
  void carry_out(const worker::SpawnChild& effect);
  void carry_out(const worker::JoinChild& effect);
  void carry_out(const worker::WriteChild& effect);
  void carry_out(const worker::KillChild& effect);
  void carry_out(const worker::Send& effect);
  void carry_out(const worker::SendMembers& effect);
  void carry_out(const worker::SendLeader& effect);
  void carry_out(const worker::Exit& effect);
  void send(int to, const Message& message);
  bool gang_is_whole(int leader, int size, std::int64_t number) const;
  TimePoint now() const { return TimePoint(world_.queue.now() + clock_offset_); }

  Trainer::World world_;
  Trace& trace_;
  SimTransport transport_;
  int rank_;
  std::string name_;
  double trouble_;
  Mutation mutation_;
  worker::Agent agent_;
  bool alive_ = true;
  Time next_step_{-1}, stalled_until_{}, clock_offset_;
  Trainer* trainer_ = nullptr;
  std::vector<std::unique_ptr<Trainer>> trainers_;  // all that it ever had: their events may be still to come
};

}  // namespace mer::simulation
