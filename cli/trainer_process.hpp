// TrainerProcess: mer-trainer with a job from a file (`--job`), started by hand instead of by an agent.
//
// It has a process group of its own, so that a terminal's Ctrl-C reaches merctl alone; what it prints goes into a log
// file, its reports come over a pipe, and it ends at its next report when merctl is gone. Threads: one owner. Errors:
// unavailable when it cannot be started.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>

#include "core/descriptor.hpp"
#include "core/frame.hpp"
#include "core/messages.hpp"
#include "core/result.hpp"

namespace mer::cli {

class TrainerProcess {
 public:
  static Result<TrainerProcess> start(const std::filesystem::path& program, const std::filesystem::path& job,
                                      const std::filesystem::path& log);
  TrainerProcess(TrainerProcess&& other) noexcept;
  TrainerProcess& operator=(TrainerProcess&&) = delete;
  ~TrainerProcess();  // kills what still runs

  // The next message; waits up to `milliseconds` for bytes of it. nullopt: not yet, or nothing more (see at_end()).
  // Error corrupt: what came is no message.
  Result<std::optional<Message>> next(int milliseconds);
  bool at_end() const { return !reports_; }

  // Waits for it. "exit status 2", "signal 9 (Killed)"; empty: status 0, or 1, by which it says that a trial failed.
  // REQUIRES: at_end().
  std::string wait();

 private:
  TrainerProcess(pid_t child, Descriptor reports) : child_(child), reports_(std::move(reports)) {}
  void read(int milliseconds);

  pid_t child_ = -1;    // -1: reaped
  Descriptor reports_;  // none: the stream has ended
  FrameReader frames_;
};

}  // namespace mer::cli
