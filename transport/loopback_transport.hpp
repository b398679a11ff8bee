// LoopbackTransport: ranks within one process, for tests and for running without MPI. Messages pass through the codec,
// as they do over MPI.
//
// Threads: each endpoint belongs to one thread; endpoints of one hub may live on different threads. Errors: as in
// transport.hpp.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "transport/transport.hpp"

namespace mer::transport {

// What the endpoints share: one inbox for each rank.
class LoopbackHub {
 public:
  explicit LoopbackHub(int size) : inboxes_(std::size_t(size)) {}

  int size() const { return int(inboxes_.size()); }
  void put(int from, int to, std::string bytes);
  std::deque<std::pair<int, std::string>> take(int rank);

 private:
  std::mutex mutex_;
  std::vector<std::deque<std::pair<int, std::string>>> inboxes_;  // sender and bytes
};

class LoopbackTransport : public Transport {
 public:
  LoopbackTransport(std::shared_ptr<LoopbackHub> hub, int rank) : hub_(std::move(hub)), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return hub_->size(); }
  void send(int to, const Message& message) override;
  std::vector<Envelope> poll() override;
  bool flushed() const override { return true; }

 private:
  std::shared_ptr<LoopbackHub> hub_;
  int rank_;
};

}  // namespace mer::transport
