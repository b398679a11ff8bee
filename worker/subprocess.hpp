// Subprocess: a passive child: frames in on its descriptor 0, frames out on its descriptor 3, everything it prints (its
// standard output and standard error) in a pipe of its own. In a gang, memory that it shares with this process on its
// descriptor 4.
//
// The child gets a session of its own (mpirun signals whole process groups), dies with the thread that started it, runs
// on the given cores and GPU, and sees no MPI variables in its environment. A write to a child that is gone must not
// end this process, so that SIGPIPE is ignored from the first start on. No call blocks, but for the destructor's short
// wait for a killed child. Threads: one thread owns it, and must live as long as the child. Errors: unavailable when
// the child cannot be started; a child that dies later shows in reap().
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "core/descriptor.hpp"
#include "core/result.hpp"

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

class Subprocess {
 public:
  static Result<Subprocess> start(const ChildCommand& command);
  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&&) = delete;
  ~Subprocess();  // kills and reaps

  pid_t pid() const { return pid_; }

  // Queues bytes for the child and writes what fits.
  void write(const std::string& bytes);
  void flush();

  // The frames that have arrived, at most about 1 MiB; empty: nothing now, or the stream has ended.
  std::string read();
  // The same of what it printed. A pipe holds less: one call takes all that was there before it. A child that is not
  // read waits when its pipe is full.
  std::string read_printed();

  // Waits until there is something to read or to write, at most so long.
  void wait(int milliseconds);

  // The exit, once; nullopt while the child lives. What it wrote before can still be read.
  std::optional<ExitStatus> reap();

  void kill();  // SIGKILL to the child and its process group

 private:
  Subprocess(pid_t pid, Descriptor input, Descriptor output, Descriptor printed)
      : pid_(pid), input_(std::move(input)), output_(std::move(output)), printed_(std::move(printed)) {}

  pid_t pid_ = -1;  // -1: reaped
  Descriptor input_;
  Descriptor output_;   // none: the stream has ended
  Descriptor printed_;  // the same
  std::string unwritten_;
};

}  // namespace mer::worker
