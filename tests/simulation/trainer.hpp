// Trainer: a model of mer-trainer: trains the trials of a stack epoch by epoch in virtual time, reports as
// docs/protocol.md says, and goes wrong in every way that docs/failure.md names.
//
// Threads: one. What it says is kept in order until the worker takes it.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "tests/simulation/event_queue.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/random.hpp"
#include "worker/agent.hpp"

namespace mer::simulation {

enum class TrainerFault { none, crash, exit, killed, memory, silent, stuck, garbage, truncated, slow, linger };
const char* name_of(TrainerFault fault);

class Trainer {
 public:
  struct World {
    int job;
    const Plan& plan;
    EventQueue& queue;
    Random& random;
    History& history;
  };
  using Word = std::variant<Message, worker::ChildBroken, worker::ChildExited>;

  // Not 'started' until begin(). `members` answers whether the gang's other trainers are there.
  Trainer(World world, StackJob job, std::int64_t gang, bool member, TrainerFault fault, std::function<void()> spoke);

  // To be destroyed after the last event of its world.
  void begin();
  void hear(const Message& message);  // Assign, StopTrials, Shutdown
  void kill();                        // SIGKILL
  void vanish() { die(); }            // with its worker
  void leave_with_leader();           // a member of a gang

  std::deque<Word> take() { return std::exchange(said_, {}); }
  bool has_said() const { return !said_.empty(); }
  bool works() const { return alive_ && loaded_ && !silent_ && !stuck_; }
  std::int64_t gang() const { return gang_; }

  std::function<bool()> gang_is_whole = [] { return true; };
  std::function<void()> on_clean_end = [] {};

 private:
  struct Running {
    TrialJob job;
    int epoch = 0;
    bool started = false, stopping = false;  // stopping: with the next step
  };

  void add(const StackJob& job);
  void beat();
  void step();
  void plan_step();
  bool go_wrong();
  void fail_as_member();
  void start(Running& trial);
  void train(Running& trial);
  void save(const Running& trial);
  bool meet_fate(Running& trial);
  void note(const StopTrials& stops);
  void stop_trials();
  void grow();
  void leave();
  void die();
  void end(bool by_signal, int code, bool truncated = false);
  void say(Word word);
  void report(const Running& trial, AttemptEvent event);
  std::size_t slots() const;

  World world_;
  StackJob job_;
  std::int64_t gang_;
  bool member_;
  TrainerFault fault_;
  int fault_step_;
  std::function<void()> spoke_;
  std::vector<Running> trials_;
  std::vector<TrialJob> begun_;  // that have not ended
  Time epoch_time_;
  std::size_t capacity_ = 1;
  std::uint64_t steps_ = 0;
  int epochs_ = 0;
  bool alive_ = true, loaded_ = false, silent_ = false, stuck_ = false, told_to_leave_ = false;
  bool step_planned_ = false;
  std::vector<Report> unsaved_;  // checkpoints whose files are being written
  std::deque<Word> said_;
};

}  // namespace mer::simulation
