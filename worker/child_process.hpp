// ChildProcess: what an agent's loop asks of the child that runs its trials: frames in, frames out, one exit.
// Subprocess is the real one; NoOpTrainer takes its seat where orchestration alone is measured.
//
// No call blocks, but for wait(). Threads: one owns it. Errors: none; a child that dies shows in reap().
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mer::worker {

struct ChildCommand {
  std::string program;
  std::vector<std::string> arguments;  // after the program's name
  std::vector<int> cores;              // empty: those of this process
  std::string gpu = {};                // the one that it sees; empty: those of this process
  int memory = -1;                     // descriptor of memory to share, 10 or higher; -1: none
};

struct ExitStatus {
  bool by_signal = false;
  int code = 0;  // exit status or signal number
  bool operator==(const ExitStatus&) const = default;
};

class ChildProcess {
 public:
  virtual ~ChildProcess() = default;

  // Queues bytes for the child and writes what fits.
  virtual void write(const std::string& bytes) = 0;
  virtual void flush() = 0;

  // What has arrived, at most about 1 MiB; empty: nothing now, or the stream has ended.
  virtual std::string read() = 0;

  // The same of what it printed. A pipe holds less: one call takes all that was there before it. A child that is not
  // read waits when its pipe is full.
  virtual std::string read_printed() = 0;

  // Waits until there is something to read or to write, at most so long.
  virtual void wait(int milliseconds) = 0;

  // The exit, once; nullopt while the child lives. What it wrote before can still be read.
  virtual std::optional<ExitStatus> reap() = 0;

  virtual void kill() = 0;  // SIGKILL

  virtual bool prints() const = 0;  // else it has no log
};

}  // namespace mer::worker
