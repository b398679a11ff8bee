// AgentLoop: the driver around the agent: transport, child process and clock.
//
// Threads: one. Errors: none of its own; see agent.hpp and subprocess.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/exit_code.hpp"
#include "core/frame.hpp"
#include "core/gpu.hpp"
#include "core/idle_pause.hpp"
#include "core/messages.hpp"
#include "core/result.hpp"
#include "transport/transport.hpp"
#include "worker/agent.hpp"
#include "worker/child_process.hpp"
#include "worker/corpus_share.hpp"
#include "worker/gang_relay.hpp"
#include "worker/log_file.hpp"

namespace mer::worker {

using StartChild = std::function<Result<std::unique_ptr<ChildProcess>>(const ChildCommand&)>;
Result<std::unique_ptr<ChildProcess>> start_subprocess(const ChildCommand& command);

// What this worker and its trainer use now.
using MeasureUse = std::function<ResourceUse(TimePoint now)>;

struct AgentLoopOptions {
  std::string trainer;      // program
  std::vector<int> cores;   // of the trainer; empty: those of this process
  std::int64_t memory = 0;  // bytes of the trainer; 0: not limited
  GpuOfWorker gpu = {};     // of the trainer, if its job wants one
  AgentLimits limits = {};
  CorpusShareOptions corpora = {};
  LogLimits log = {};  // of what a trainer prints
  StartChild start_child = start_subprocess;
  MeasureUse measure_use = {};  // empty: the coordinator is told nothing
  Duration measure_every = std::chrono::seconds(3);
};

class AgentLoop {
 public:
  AgentLoop(transport::Transport& transport, Hello hello, AgentLoopOptions options);

  // One round; nullopt: go on.
  std::optional<ExitCode> step(TimePoint now);

  // Rounds until the end, an IdlePause apart.
  ExitCode run();

  // A thread still waits for a file system: the process must end by _exit.
  bool helpers_run() const { return corpora_.helpers_run(); }

 private:
  struct Child {
    std::unique_ptr<ChildProcess> process;
    std::optional<LogFile> log;  // of one that prints
    std::string log_name;        // within the store
    FrameReader frames;
    bool broken = false;
  };

  void feed(const AgentEvent& event, TimePoint now);
  void carry_out(const SpawnChild& effect, TimePoint now);
  void carry_out(const JoinChild& effect, TimePoint now);
  void carry_out(const WriteChild& effect, TimePoint now);
  void carry_out(const KillChild& effect, TimePoint now);
  void carry_out(const Send& effect, TimePoint now);
  void carry_out(const SendMembers& effect, TimePoint now);
  void carry_out(const SendLeader& effect, TimePoint now);
  void carry_out(const Exit& effect, TimePoint now);
  void take(int from, const Message& message, TimePoint now);
  void deliver(int from, const Message& message, TimePoint now);
  void take_from_child(const Message& message, TimePoint now);
  void carry_out(const Result<GangRelay::Output>& output, TimePoint now);
  bool serve_child(TimePoint now);
  bool keep_printed();
  void measure(TimePoint now);
  bool read_frames(TimePoint now);
  void point_to_log(const StackJob& job, const TrialJob& trial) const;
  void write(const Message& message);
  void wait();

  transport::Transport& transport_;
  AgentLoopOptions options_;
  Agent agent_;
  CorpusShare corpora_;
  std::optional<Child> child_;
  std::optional<GangRelay> relay_;  // of a child in a gang
  int leader_ = 0;                  // rank of this gang's leader
  std::optional<ExitCode> exit_;
  std::optional<TimePoint> measured_;
  IdlePause idle_;
};

}  // namespace mer::worker
