// MpiTransport: ranks of one MPI job. The only place that knows MPI.
//
// No call blocks: Isend, Improbe, Imrecv, Test, and collectives polled with a deadline, since a blocking call of Open
// MPI 4.1 spins and hangs for ever on a dead peer. Threads: one thread makes every call (MPI_THREAD_FUNNELED). Errors:
// unavailable when MPI cannot be started, timeout when a rank does not take part in the start.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "transport/transport.hpp"

namespace mer::transport {

// The workers on this host (rank 0 is none): how many, and which of them this rank is, from 0.
struct LocalPlace {
  int index = 0;
  int count = 1;
};

// The linked library's, e.g. "Open MPI v4.1.4".
std::string mpi_version();

class MpiTransport : public Transport {
 public:
  // Starts MPI. Once per process.
  static Result<std::unique_ptr<MpiTransport>> open(std::chrono::milliseconds deadline = std::chrono::seconds(60));

  // REQUIRES: close() answered true; otherwise the process ends by _exit, since MPI may still hold buffers.
  ~MpiTransport() override;
  MpiTransport(const MpiTransport&) = delete;
  MpiTransport& operator=(const MpiTransport&) = delete;

  int rank() const override;
  int size() const override;
  void send(int to, const Message& message) override;
  std::vector<Envelope> poll() override;
  bool flushed() const override;

  LocalPlace local_workers() const;
  bool same_host(int rank) const;  // as this one

  // Sends what is left, waits for all ranks to call close(), finalises MPI. False: a rank did not come within the
  // deadline; the process must end by _exit.
  bool close(std::chrono::milliseconds deadline);

 private:
  struct State;
  explicit MpiTransport(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace mer::transport
