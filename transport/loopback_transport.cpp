#include "transport/loopback_transport.hpp"

#include "core/check.hpp"

namespace mer::transport {

void LoopbackHub::put(int from, int to, std::string bytes) {
  const std::lock_guard lock(mutex_);
  inboxes_[std::size_t(to)].emplace_back(from, std::move(bytes));
}

std::deque<std::pair<int, std::string>> LoopbackHub::take(int rank) {
  const std::lock_guard lock(mutex_);
  return std::exchange(inboxes_[std::size_t(rank)], {});
}

void LoopbackTransport::send(int to, const Message& message) {
  MER_CHECK(to >= 0 && to < size() && to != rank_, "send to a rank that is not a peer");
  hub_->put(rank_, to, encode(message));
}

std::vector<Envelope> LoopbackTransport::poll() {
  std::vector<Envelope> envelopes;
  for (const auto& [from, bytes] : hub_->take(rank_)) envelopes.push_back({from, decode(bytes)});
  return envelopes;
}

}  // namespace mer::transport
