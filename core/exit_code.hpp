// Exit codes of merctl, stable for scripts. mer-coordinator, mer-worker and mer-trainer use them too.
#pragma once

#include "core/result.hpp"

namespace mer {

enum class ExitCode : int {
  done = 0,
  some_failed = 1,  // the sweep ended, but some trials failed or diverged
  usage = 2,        // command line, sweep file or corpus
  timeout = 3,
  unauthorised = 4,
  unreachable = 5,  // store busy, or the coordinator cannot be reached
  paused = 6,       // checkpointed and handed back; the same command resumes
  idle = 7,         // workers that joined a run have left it, since they had nothing to do
  excluded = 8,     // no node of this job gets trials of the store
  internal = 70,    // a bug or an I/O failure (EX_SOFTWARE)
  no_memory = 71,   // a trainer that ran out of memory, the host's or the device's (EX_OSERR)
  orphaned = 75,    // a worker or trainer that lost its other side (EX_TEMPFAIL)
};

constexpr ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:
    case ErrorCode::not_found:
    case ErrorCode::corrupt: return ExitCode::usage;
    case ErrorCode::timeout: return ExitCode::timeout;
    case ErrorCode::unauthorised: return ExitCode::unauthorised;
    case ErrorCode::busy:
    case ErrorCode::unavailable: return ExitCode::unreachable;
    case ErrorCode::stale:
    case ErrorCode::no_space:
    case ErrorCode::io:
    case ErrorCode::internal: return ExitCode::internal;
  }
  return ExitCode::internal;
}

}  // namespace mer
