// Rank 0 of an MPI job, or of nothing but itself: what mer-coordinator and mer-gateway do around their work, from MPI's
// start to the process's end.
//
// Threads: one, as MpiTransport. Errors: `work`'s are said, and end the workers.
#pragma once

#include <functional>

#include "core/exit_code.hpp"
#include "core/result.hpp"
#include "transport/transport.hpp"

namespace mer::transport {

// The exit code of the process; where MPI cannot be left in order, ends it instead.
int run_rank_zero(const std::function<Result<ExitCode>(Transport&)>& work);

// The same without MPI and without workers.
int run_alone(const std::function<Result<ExitCode>(Transport&)>& work);

}  // namespace mer::transport
