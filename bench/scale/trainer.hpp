// Trainer: a model of mer-trainer that trains one trial after the other, epoch by epoch in virtual time, at the speed
// of its node; and what all trainers of a cluster have done.
//
// Threads: one.
#pragma once

#include <deque>
#include <functional>
#include <utility>
#include <variant>
#include <vector>

#include "bench/scale/costs.hpp"
#include "worker/agent.hpp"

namespace mer::scale {

// In seconds of a core of ordinary speed.
struct Ledger {
  double trained = 0;            // with what was trained twice
  std::vector<Time> last_epoch;  // by rank: its end
};

class Trainer {
 public:
  struct Site {
    const Cluster& cluster;
    simulation::EventQueue& queue;
    Random& random;
    Ledger& ledger;
    int rank;
    double slowness;
  };
  using Word = std::variant<Message, worker::ChildExited>;

  // To be destroyed after the last event of its world. `spoke`: there is something to take().
  Trainer(const Site& site, const StackJob& job, std::function<void()> spoke);

  void begin();
  void hear(const Message& message);  // Assign, Shutdown
  void vanish() { alive_ = false; }   // with its worker
  std::deque<Word> take() { return std::exchange(said_, {}); }

 private:
  struct Running {
    TrialJob job;
    int epoch = 0;
    bool started = false;
    Time saved{};  // its last checkpoint, or its start
    double trained = 0;
  };

  void beat();
  void go_on();
  void start(Running& trial);
  void end_epoch(double seconds);
  void finish(const Running& trial);
  void report(const Running& trial, AttemptEvent event);
  void say(Word word);

  Site site_;
  double checkpoint_seconds_;
  std::function<void()> spoke_;
  std::deque<Running> trials_;  // the first is being trained
  std::uint64_t steps_ = 0;
  bool alive_ = true, loaded_ = false, training_ = false, told_to_leave_ = false;
  std::deque<Word> said_;
};

}  // namespace mer::scale
