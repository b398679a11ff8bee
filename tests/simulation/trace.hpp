// Trace: what happened in a simulated world, one line each; kept only where somebody wants to read it.
//
// Threads: one.
#pragma once

#include <string>
#include <unordered_map>

#include "core/messages.hpp"
#include "tests/simulation/event_queue.hpp"

namespace mer::simulation {

// Names of trials in a trace: t1, t2, ... in submission order.
using TrialNames = std::unordered_map<TrialId, std::string>;

class Trace {
 public:
  Trace(bool wanted, const EventQueue& queue) : wanted_(wanted), queue_(queue) {}

  bool wanted() const { return wanted_; }
  void line(const std::string& who, const std::string& what);
  const std::string& text() const { return text_; }

 private:
  bool wanted_;
  const EventQueue& queue_;
  std::string text_;
};

// E.g. "Report t3#2 epoch 4".
std::string text_of(const Message& message, const TrialNames& names);
std::string text_of(const Report& report, const TrialNames& names);

}  // namespace mer::simulation
