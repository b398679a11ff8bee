// Ledger: what the workers of a group are and have, as their gateway sees it pass by: what another coordinator must be
// told.
//
// Threads: plain values. Errors: none.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/messages.hpp"
#include "transport/transport.hpp"

namespace mer::gateway {

class Ledger {
 public:
  using Messages = std::vector<std::pair<int, Message>>;  // by worker

  void note_from(int worker, const Message& message);
  void note_to(int worker, const Message& message);

  bool has_noted(int worker, const ResourceUse& use) const;

  bool hold_nothing() const;  // no worker has an attempt that has not ended

  // Attempts that workers have. One whose end stands in `unkept` (what no coordinator is known to have made durable) is
  // still theirs: that end is to be told first.
  std::vector<transport::HeldAttempt> held(const Messages& unkept) const;

  // What a coordinator that knows nothing of the group is to be told: who the workers are, what their trainers want,
  // what they use, and the reports of `unkept`, in order.
  Messages story(const Messages& unkept) const;

 private:
  struct Worker {
    std::optional<Hello> hello;
    std::optional<Capacity> capacity;  // as its trainer last said
    std::map<TrialId, int> attempts;   // that have not ended
    ResourceUse use;                   // as it last said
  };

  std::map<int, Worker> workers_;
};

}  // namespace mer::gateway
