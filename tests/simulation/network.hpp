// Network: the links of one MPI job in virtual time, and the Transport of each of its ranks.
//
// A link keeps its order and loses nothing until it is cut: then it is silent for good, as a broken connection is. A
// plan may have it repeat messages and let them overtake each other. Threads: one.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/simulation/event_queue.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/random.hpp"
#include "transport/transport.hpp"

namespace mer::simulation {

class Network {
 public:
  // `arrived` is told the rank whose inbox got something.
  Network(int size, const Plan& plan, EventQueue& queue, Random& random, std::function<void(int)> arrived);

  int size() const { return size_; }
  // `delay`: until it leaves.
  void send(int from, int to, const Message& message, Time delay = {});
  std::vector<transport::Envelope> take(int rank, std::size_t most);
  bool has_mail(int rank) const { return !inboxes_[std::size_t(rank)].empty(); }

  void cut(int from, int to) { link_of(from, to).cut = true; }
  void silence(int from, int to, Time until) { link_of(from, to).silent_until = until; }

 private:
  struct Link {
    Time last_arrival{}, silent_until{};
    bool cut = false;
  };
  Link& link_of(int from, int to) { return links_[std::size_t(from * size_ + to)]; }
  void deliver(int from, int to, const std::shared_ptr<const Message>& message, Time delay);
  void arrive(int from, int to, const Message& message);

  int size_;
  const Plan& plan_;
  EventQueue& queue_;
  Random& random_;
  std::function<void(int)> arrived_;
  std::vector<Link> links_;
  std::vector<std::vector<transport::Envelope>> inboxes_;
};

// One rank's end.
class SimTransport : public transport::Transport {
 public:
  SimTransport(Network& network, int rank) : network_(network), rank_(rank) {}

  std::size_t most = 1000;  // messages that a poll takes
  Time delay{};             // of what is sent: the process is busy with something that comes first

  int rank() const override { return rank_; }
  int size() const override { return network_.size(); }
  void send(int to, const Message& message) override;
  std::vector<transport::Envelope> poll() override;
  bool flushed() const override { return true; }

 private:
  Network& network_;
  int rank_;
};

}  // namespace mer::simulation
