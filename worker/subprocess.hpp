// Subprocess: a child that is a process: frames in on its descriptor 0, frames out on its descriptor 3, everything it
// prints (its standard output and standard error) in a pipe of its own. In a gang, memory that it shares with this
// process on its descriptor 4.
//
// The child gets a session of its own (mpirun signals whole process groups), does not hear SIGTERM and SIGUSR1 (Slurm
// sends them to every process of a job, and a trainer that leaves by itself would look like a crash), dies with the
// thread that started it, runs on the given cores and GPU, and sees no MPI variables in its environment. A write to a
// child that is gone must not end this process, so that SIGPIPE is ignored from the first start on. No call blocks, but
// for the destructor's short wait for a killed child. Threads: one thread owns it, and must live as long as the child.
// Errors: unavailable when the child cannot be started; a child that dies later shows in reap().
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>

#include "core/descriptor.hpp"
#include "core/result.hpp"
#include "worker/child_process.hpp"

namespace mer::worker {

class Subprocess final : public ChildProcess {
 public:
  static Result<Subprocess> start(const ChildCommand& command);
  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&&) = delete;
  ~Subprocess() override;  // kills and reaps

  pid_t pid() const { return pid_; }

  void write(const std::string& bytes) override;
  void flush() override;
  std::string read() override;
  std::string read_printed() override;
  void wait(int milliseconds) override;
  std::optional<ExitStatus> reap() override;
  void kill() override;  // its process group too
  bool prints() const override { return true; }

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
