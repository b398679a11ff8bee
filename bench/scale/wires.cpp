#include "bench/scale/wires.hpp"

#include <algorithm>
#include <memory>

namespace mer::scale {

Wires::Wires(int size, bool encoded, simulation::EventQueue& queue, Random& random, std::function<void(int)> arrived)
    : size_(size),
      encoded_(encoded),
      queue_(queue),
      random_(random),
      arrived_(std::move(arrived)),
      last_arrival_(2 * std::size_t(size)),
      inboxes_(std::size_t(size)),
      bytes_(std::size_t(size)) {}

void Wires::send(int from, int to, const Message& message, Time delay) {
  Time& last = last_arrival_[from == 0 ? 2 * std::size_t(to) : 2 * std::size_t(from) + 1];
  last = std::max(last, queue_.now() + delay + message_way(random_));
  if (encoded_) {
    queue_.at(last, [this, from, to, bytes = encode(message)] {
      bytes_[std::size_t(to)].emplace_back(from, bytes);
      arrived_(to);
    });
    return;
  }
  queue_.at(last, [this, from, to, copy = std::make_shared<const Message>(message)] {
    inboxes_[std::size_t(to)].push_back({from, *copy});
    arrived_(to);
  });
}

std::vector<transport::Envelope> Wires::take(int rank) {
  std::vector<transport::Envelope> taken = std::exchange(inboxes_[std::size_t(rank)], {});
  for (const auto& [from, bytes] : std::exchange(bytes_[std::size_t(rank)], {})) taken.push_back({from, decode(bytes)});
  return taken;
}

}  // namespace mer::scale
