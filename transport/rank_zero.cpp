#include "transport/rank_zero.hpp"

#include <chrono>
#include <memory>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "transport/loopback_transport.hpp"
#include "transport/mpi_transport.hpp"

namespace mer::transport {

namespace {

ExitCode code_of(const Result<ExitCode>& ended) {
  if (ended) return *ended;
  spdlog::error("{}", ended.error().message);
  return exit_code_of(ended.error().code);
}

}  // namespace

int run_rank_zero(const std::function<Result<ExitCode>(Transport&)>& work) {
  auto ranks = MpiTransport::open();
  if (!ranks) {
    spdlog::error("{}", ranks.error().message);
    ::_exit(int(ExitCode::internal));
  }
  const Result<ExitCode> ended = work(**ranks);
  const ExitCode code = code_of(ended);
  if (!ended) {
    for (int rank = 1; rank < (*ranks)->size(); ++rank) (*ranks)->send(rank, Shutdown{});
  }
  const bool lost_a_worker = code == ExitCode::internal;
  if (!(*ranks)->close(std::chrono::seconds(lost_a_worker ? 2 : 10))) ::_exit(int(code));
  return int(code);
}

int run_alone(const std::function<Result<ExitCode>(Transport&)>& work) {
  LoopbackTransport nobody(std::make_shared<LoopbackHub>(1), 0);
  return int(code_of(work(nobody)));
}

}  // namespace mer::transport
