#include "transport/rank_zero.hpp"

#include <chrono>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "transport/mpi_transport.hpp"

namespace mer::transport {

int run_rank_zero(const std::function<Result<ExitCode>(Transport&)>& work) {
  auto ranks = MpiTransport::open();
  if (!ranks) {
    spdlog::error("{}", ranks.error().message);
    ::_exit(int(ExitCode::internal));
  }
  const Result<ExitCode> ended = work(**ranks);
  const ExitCode code = ended ? *ended : exit_code_of(ended.error().code);
  if (!ended) {
    spdlog::error("{}", ended.error().message);
    for (int rank = 1; rank < (*ranks)->size(); ++rank) (*ranks)->send(rank, Shutdown{});
  }
  const bool lost_a_worker = code == ExitCode::internal;
  if (!(*ranks)->close(std::chrono::seconds(lost_a_worker ? 2 : 10))) ::_exit(int(code));
  return int(code);
}

}  // namespace mer::transport
