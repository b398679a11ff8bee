// Transport: messages between the coordinator (rank 0) and the agents (ranks 1..N). MpiTransport is the real one,
// LoopbackTransport the in-process one for tests; FaultyTransport (tests/support) drops, delays and duplicates.
// LinkedTransport adds the agents of other MPI jobs, which come and go in groups.
//
// Contract: order is kept per pair of peers; send() never blocks and copies the message; poll() returns what has
// arrived and never blocks. Threads: one thread owns a transport and makes every call. Errors: a message that cannot
// be decoded is reported once as an Envelope with an Error and changes nothing else.
#pragma once

#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/messages.hpp"
#include "core/result.hpp"

namespace mer::transport {

struct Envelope {
  int from = 0;  // rank
  Result<Message> message;
};

// A group of another job comes: one that has just begun, or one that another coordinator had, with what its workers
// brought along.
struct HeldAttempt {
  int worker = 0;  // in its group, from 1 on
  TrialId trial;
  int attempt = 0;
  bool operator==(const HeldAttempt&) const = default;
};
struct Arrival {
  std::string group;  // its name, the same under every coordinator
  int first = 0;      // rank of its worker 1
  int workers = 0;
  std::vector<HeldAttempt> held;
  bool operator==(const Arrival&) const = default;
};

// Ranks of groups. leaving: they want to be let go, by a Shutdown each. lost: nothing more comes from them.
struct Departures {
  std::vector<int> leaving;
  std::vector<int> lost;
};

class Transport {
 public:
  virtual ~Transport() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;  // ranks, coordinator included; grows when a group comes

  // Ranks below it are there from the start, and the loss of one is the loss of all. Those from it on belong to groups,
  // and their numbers are not used again.
  virtual int lasting() const { return size(); }

  // REQUIRES: 0 <= to < size(), to != rank(). What is sent to a group that has gone goes nowhere.
  virtual void send(int to, const Message& message) = 0;

  // Everything that has arrived since the last call, oldest first per peer; also advances pending sends.
  virtual std::vector<Envelope> poll() = 0;

  // Groups that the last poll() found, each once. They come before anything that it gave out of their workers.
  virtual std::vector<Arrival> take_arrivals() { return {}; }

  // Of groups, as the last poll() found them, each once.
  virtual Departures take_departures() { return {}; }

  // All that poll() has given out is durable: groups need not keep it any longer.
  virtual void confirm() {}

  // True when every message given to send() has left this process.
  virtual bool flushed() const = 0;
};

}  // namespace mer::transport
