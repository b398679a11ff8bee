// FaultyTransport: a transport that goes wrong on request: cuts the line, or delivers twice.
//
// Threads: as the transport that it wraps.
#pragma once

#include <utility>
#include <vector>

#include "transport/transport.hpp"

namespace mer::testing_support {

class FaultyTransport : public transport::Transport {
 public:
  explicit FaultyTransport(transport::Transport& real) : real_(real) {}

  // From now on nothing arrives and nothing leaves: a cable that was pulled, or a peer that was stopped.
  void cut() { cut_ = true; }
  // Everything that arrives comes twice.
  void duplicate() { duplicate_ = true; }

  int rank() const override { return real_.rank(); }
  int size() const override { return real_.size(); }
  void send(int to, const Message& message) override {
    if (!cut_) real_.send(to, message);
  }
  std::vector<transport::Envelope> poll() override {
    std::vector<transport::Envelope> arrived = real_.poll();
    if (cut_) return {};
    if (!duplicate_) return arrived;
    std::vector<transport::Envelope> twice;
    for (const transport::Envelope& envelope : arrived) {
      twice.push_back(envelope);
      twice.push_back(envelope);
    }
    return twice;
  }
  bool flushed() const override { return real_.flushed(); }
  int lasting() const override { return real_.lasting(); }
  std::vector<transport::Arrival> take_arrivals() override { return real_.take_arrivals(); }
  transport::Departures take_departures() override { return real_.take_departures(); }
  void confirm() override { real_.confirm(); }

 private:
  transport::Transport& real_;
  bool cut_ = false;
  bool duplicate_ = false;
};

}  // namespace mer::testing_support
