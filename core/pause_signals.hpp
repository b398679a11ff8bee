// PauseSignals: SIGUSR1 and SIGTERM as a request to hand back, for rank 0 of an MPI job.
//
// From the object on they are blocked in this process, and polled; SIGPIPE is ignored. Threads: construct it before
// others start. Errors: none.
#pragma once

#include <csignal>

namespace mer {

class PauseSignals {
 public:
  PauseSignals();
  bool arrived() const;  // one of them, since the last call

 private:
  sigset_t set_;
};

}  // namespace mer
