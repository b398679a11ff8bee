#include "tests/simulation/network.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mer::simulation {

using namespace std::chrono_literals;

Network::Network(int size, const Plan& plan, EventQueue& queue, Random& random, std::function<void(int)> arrived)
    : size_(size),
      plan_(plan),
      queue_(queue),
      random_(random),
      arrived_(std::move(arrived)),
      links_(std::size_t(size * size)),
      inboxes_(std::size_t(size)) {}

void Network::send(int from, int to, const Message& message, Time delay) {
  const auto copy = std::make_shared<const Message>(plan_.codec ? decode(encode(message)).value() : message);
  deliver(from, to, copy, delay);
  if (plan_.repeats > 0 && random_.chance(plan_.repeats)) deliver(from, to, copy, delay);
}

void Network::deliver(int from, int to, const std::shared_ptr<const Message>& message, Time delay) {
  Link& link = link_of(from, to);
  const Time way(random_.chance(0.02) ? random_.between(10'000, 3'000'000) : random_.between(50, 3000));
  Time arrival = std::max(queue_.now() + delay, link.silent_until) + way;
  if (plan_.overtakings > 0 && random_.chance(plan_.overtakings)) {
    arrival += Time(random_.between(0, 2'000'000));  // and what is sent later need not wait for it
  } else if (plan_.overtakings == 0) {
    arrival = link.last_arrival = std::max(arrival, link.last_arrival);
  }
  queue_.at(arrival, [this, from, to, message] { arrive(from, to, *message); });
}

void Network::arrive(int from, int to, const Message& message) {
  Link& link = link_of(from, to);
  if (link.cut) return;
  if (queue_.now() < link.silent_until) {  // since it left, the link has fallen silent
    queue_.at(link.silent_until, [this, from, to, message] { arrive(from, to, message); });
    return;
  }
  inboxes_[std::size_t(to)].push_back({from, message});
  arrived_(to);
}

std::vector<transport::Envelope> Network::take(int rank, std::size_t most) {
  auto& inbox = inboxes_[std::size_t(rank)];
  const auto end = inbox.begin() + std::ptrdiff_t(std::min(most, inbox.size()));
  std::vector<transport::Envelope> taken(std::make_move_iterator(inbox.begin()), std::make_move_iterator(end));
  inbox.erase(inbox.begin(), end);
  return taken;
}

void SimTransport::send(int to, const Message& message) {
  network_.send(rank_, to, message, delay);
}

std::vector<transport::Envelope> SimTransport::poll() {
  return network_.take(rank_, most);
}

}  // namespace mer::simulation
