// Wires: the links between the coordinator and the workers of one simulated MPI job, and its Transport of each rank.
// A link keeps its order and loses nothing.
//
// Threads: one.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/scale/costs.hpp"
#include "transport/transport.hpp"

namespace mer::scale {

class Wires {
 public:
  // `encoded`: messages travel as bytes, as with MPI. `arrived` is told the rank.
  Wires(int size, bool encoded, simulation::EventQueue& queue, Random& random, std::function<void(int)> arrived);

  int size() const { return size_; }
  void send(int from, int to, const Message& message, Time delay);
  std::vector<transport::Envelope> take(int rank);

 private:
  int size_;
  bool encoded_;
  simulation::EventQueue& queue_;
  Random& random_;
  std::function<void(int)> arrived_;
  std::vector<Time> last_arrival_;  // by worker, to it and from it
  std::vector<std::vector<transport::Envelope>> inboxes_;
  std::vector<std::vector<std::pair<int, std::string>>> bytes_;
};

class WireTransport final : public transport::Transport {
 public:
  WireTransport(Wires& wires, int rank) : wires_(wires), rank_(rank) {}

  Time delay{};  // of what is sent: something has to be durable before
  std::function<void(const std::vector<transport::Envelope>&)> watch = [](const auto&) {};  // what is polled

  int rank() const override { return rank_; }
  int size() const override { return wires_.size(); }
  void send(int to, const Message& message) override { wires_.send(rank_, to, message, delay); }
  std::vector<transport::Envelope> poll() override {
    std::vector<transport::Envelope> taken = wires_.take(rank_);
    watch(taken);
    return taken;
  }
  bool flushed() const override { return true; }

 private:
  Wires& wires_;
  int rank_;
};

}  // namespace mer::scale
