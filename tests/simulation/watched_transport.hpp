// WatchedTransport: a coordinator's transport that is looked into: what comes is told before the coordinator gets it,
// in the order in which it takes it, and what it sends before it leaves. Whoever watches may throw, as a process that
// is killed there, or change what comes.
//
// Threads: one.
#pragma once

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

#include "transport/transport.hpp"

namespace mer::simulation {

class WatchedTransport : public transport::Transport {
 public:
  explicit WatchedTransport(transport::Transport& inner) : inner_(inner) {}

  std::function<void(int, const Message&)> watch_sent, watch_taken;
  std::function<void(transport::Arrival&)> watch_arrival;
  std::function<void(const transport::Departures&)> watch_departures;
  bool confirms_early = false;  // before anything is durable

  int rank() const override { return inner_.rank(); }
  int size() const override { return inner_.size(); }
  int lasting() const override { return inner_.lasting(); }
  bool flushed() const override { return inner_.flushed(); }
  void confirm() override { inner_.confirm(); }
  void send(int to, const Message& message) override {
    watch_sent(to, message);
    inner_.send(to, message);
  }
  std::vector<transport::Envelope> poll() override {
    std::vector<transport::Envelope> taken = inner_.poll();
    if (confirms_early) {
      inner_.confirm();
      std::ranges::move(inner_.poll(), std::back_inserter(taken));  // and says so
    }
    arrivals_ = inner_.take_arrivals();
    departures_ = inner_.take_departures();
    for (transport::Arrival& arrival : arrivals_) watch_arrival(arrival);
    for (const transport::Envelope& envelope : taken) watch_taken(envelope.from, *envelope.message);
    watch_departures(departures_);
    return taken;
  }
  std::vector<transport::Arrival> take_arrivals() override { return std::exchange(arrivals_, {}); }
  transport::Departures take_departures() override { return std::exchange(departures_, {}); }

 private:
  transport::Transport& inner_;
  std::vector<transport::Arrival> arrivals_;
  transport::Departures departures_;
};

}  // namespace mer::simulation
