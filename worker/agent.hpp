// Agent: what one worker does: takes trials, runs them as one stack in a child, relays its reports, and turns its death
// into failures. A pure state machine: no clock, no I/O; time is an argument.
//
// The child lives as long as trials of its shape come: they join it; for others it is told to leave and a new one is
// started. A child that has none waits a while, its corpus loaded, before it is told to leave.
// In a gang (core/gang.hpp) the leader's agent has the trials, and the members' agents run trainers for it: one of them
// that goes down takes the others with it. Watches (docs/failure.md): the child's signs of life (a stopped process),
// its progress (a stuck one), and the coordinator's (a lost one). Every trial of a stack gets exactly one end, from the
// trainer or from here. Threads: one. Errors: none; a broken child is an AttemptFailed.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/exit_code.hpp"
#include "core/messages.hpp"
#include "core/trial.hpp"

namespace mer::worker {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

// --- what happened ---
struct FromCoordinator {
  Message message;
};
struct FromPeer {  // another agent, about a gang
  int rank = 0;    // of the MPI job
  Message message;
};
struct FromChild {
  Message message;
};
struct ChildBroken {  // it sent bytes that are not a message
  std::string message;
};
struct ChildNotStarted {
  std::string message;
};
// After everything that the child wrote has been handed in.
struct ChildExited {
  bool by_signal = false;
  int code = 0;            // exit status or signal number
  bool truncated = false;  // in the middle of a frame
  std::string log_tail;
};
struct Measured {  // what this worker and its trainer use, but for the GPU, of which the trainer tells
  ResourceUse use;
};
struct Tick {};

using AgentEvent =
    std::variant<FromCoordinator, FromPeer, FromChild, ChildBroken, ChildNotStarted, ChildExited, Measured, Tick>;

// --- what to do, in this order ---
struct SpawnChild {  // and write it the job; ChildNotStarted follows where that fails
  StackJob job;
  std::int64_t gang = 0;  // number of the gang that it is in; 0: none
};
struct JoinChild {  // give it more trials
  StackJob job;
};
struct WriteChild {
  Message message;
};
struct KillChild {};  // SIGKILL; ChildExited follows
struct Send {         // to the coordinator
  Message message;
};
struct SendMembers {  // of the gang that this worker leads
  int gang = 1;
  Message message;
};
struct SendLeader {
  int gang = 1;
  Message message;
};
struct Exit {  // kill the child, if there is one, and leave
  ExitCode code = ExitCode::done;
};

using AgentEffect = std::variant<SpawnChild, JoinChild, WriteChild, KillChild, Send, SendMembers, SendLeader, Exit>;

struct AgentLimits {
  Duration beat_every = std::chrono::seconds(1);
  Duration coordinator_silence = std::chrono::seconds(30);
  Duration child_silence = std::chrono::seconds(8);  // it beats each second: found and killed within 10 s
  Duration child_start = std::chrono::seconds(60);   // to its first message
  Duration first_step = std::chrono::seconds(600);   // to its first training step: loading a corpus
  Duration child_idle = std::chrono::seconds(10);    // without a trial until it is told to leave
  Duration child_end = std::chrono::seconds(10);     // to its exit after it was told to leave
  Duration progress = std::chrono::seconds(60);      // between steps: max(this, 20 x the median step)
};

class Agent {
 public:
  Agent(Hello hello, AgentLimits limits = {}) : hello_(std::move(hello)), limits_(limits) {}

  std::vector<AgentEffect> on(const AgentEvent& event, TimePoint now);

  bool busy() const { return child_.has_value(); }

 private:
  struct Child {
    StackJob started_with;         // decides who may join
    std::vector<TrialJob> trials;  // that have not ended; a member of a gang has none
    std::set<TrialId> begun;       // that it has reported of
    std::set<TrialId> stopping;    // of `trials`: it was told to stop them
    std::int64_t gang = 0;         // 0: alone
    bool member = false;           // of a gang that another agent leads
    bool wanted = true;            // a member: by its leader
    TimePoint started;
    std::optional<TimePoint> heard;       // last message
    std::optional<TimePoint> stepped;     // last progress
    std::optional<TimePoint> idle_since;  // its last trial has ended
    std::optional<TimePoint> told_to_leave;
    std::uint64_t steps = 0;
    std::deque<Duration> step_times;  // of the latest beats
    ResourceUse use;                  // of the GPU, as it last said
    std::optional<Failure> verdict;   // why it was killed
  };

  void on_event(const FromCoordinator& event, TimePoint now);
  void on_event(const FromPeer& event, TimePoint now);
  void on_event(const FromChild& event, TimePoint now);
  void on_event(const ChildBroken& event, TimePoint now);
  void on_event(const ChildNotStarted& event, TimePoint now);
  void on_event(const ChildExited& event, TimePoint now);
  void on_event(const Measured& event, TimePoint now);
  void on_event(const Tick& event, TimePoint now);

  void take(StackJob job, TimePoint now);
  void start(const StackJob& job, TimePoint now);
  void join(const StackJob& job, TimePoint now);
  void dismiss(TimePoint now);
  void start_member(const GangStart& start, TimePoint now);
  void spawn_member(const GangStart& start, TimePoint now);
  void end_member(const GangEnd& end);
  void lose_member(int rank, const GangEnd& end);
  void tell_gang(const Failure& failure);
  void stop(const StopTrials& request);
  void relay(const Report& report, TimePoint now);
  void note_progress(std::uint64_t steps, TimePoint now);
  std::optional<std::string> hang_of(const Child& child, TimePoint now) const;
  Duration progress_limit(const Child& child) const;
  ResourceUse use() const;
  std::optional<StackJob> missed_by(const Child& child, const ChildExited& exited) const;
  void start_again(StackJob missed, TimePoint now);
  void kill(Failure failure);
  void fail_open_trials(const Failure& failure);
  void send(Message message);

  Hello hello_;
  AgentLimits limits_;
  std::optional<Child> child_;
  std::optional<StackJob> next_;            // for the next child: this one is on its way out
  std::optional<GangStart> next_gang_;      // the same
  std::int64_t gangs_ = 0;                  // that this agent has led
  std::int64_t newest_gang_ = 0;            // that its leader started or ended: what comes twice, or late, starts none
  std::unordered_map<TrialId, int> taken_;  // the newest attempt of each trial: what comes twice runs once
  std::optional<TimePoint> coordinator_heard_;
  std::optional<TimePoint> last_beat_;
  std::uint64_t sent_ = 0;
  ResourceUse measured_;  // last
  bool leaving_ = false;
  std::vector<AgentEffect> effects_;  // of the event at hand
};

}  // namespace mer::worker
