// Worker: the real Agent of one rank, driven as AgentLoop drives it, with a model of a trainer.
//
// Threads: one.
#pragma once

#include <memory>
#include <vector>

#include "bench/scale/trainer.hpp"
#include "bench/scale/wires.hpp"

namespace mer::scale {

class Worker {
 public:
  Worker(const Trainer::Site& site, Wires& wires);

  void wake();  // something has come
  void die();

 private:
  void plan_step(Time when);
  void step();
  void listen_to_trainer();
  void feed(const worker::AgentEvent& event);
  void carry_out(const worker::AgentEffect& effect);

  Trainer::Site site_;
  WireTransport transport_;
  worker::Agent agent_;
  bool alive_ = true;
  Time next_step_{-1};
  Trainer* trainer_ = nullptr;
  std::vector<std::unique_ptr<Trainer>> trainers_;  // all that it ever had: their events may be still to come
};

}  // namespace mer::scale
