// ProcessGang: a gang between trainers of several workers. Values pass through memory that this process shares with its
// agent, which adds up with the other agents (worker/gang_relay.hpp).
//
// Threads: one, beside the thread that reads the agent's commands into `requests`. Errors: none: a gang that breaks is
// ended by the agents, which kill its trainers.
#pragma once

#include <functional>
#include <span>

#include "core/gang.hpp"
#include "core/messages.hpp"
#include "core/shared_memory.hpp"
#include "worker/trainer/requests.hpp"

namespace mer::trainer {

class ProcessGang : public Gang {
 public:
  // ask: sends to the agent. requests: has the agent's answers; outlives this.
  ProcessGang(int rank, int size, SharedMemory memory, std::function<void(const GangSum&)> ask, Requests& requests);

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void sum(std::span<float> values) override { sum_of(values); }
  void sum(std::span<double> values) override { sum_of(values); }

 private:
  template <class T>
  void sum_of(std::span<T> values);

  const int rank_, size_;
  const SharedMemory memory_;
  const std::function<void(const GangSum&)> ask_;
  Requests& requests_;
};

}  // namespace mer::trainer
