// Transport: messages between the coordinator (rank 0) and the agents (ranks 1..N). MpiTransport is the real one,
// LoopbackTransport the in-process one for tests; FaultyTransport (tests/support) drops, delays and duplicates.
//
// Contract: order is kept per pair of peers; send() never blocks and copies the message; poll() returns what has
// arrived and never blocks. Threads: one thread owns a transport and makes every call. Errors: a message that cannot
// be decoded is reported once as an Envelope with an Error and changes nothing else.
#pragma once

#include <vector>

#include "core/messages.hpp"
#include "core/result.hpp"

namespace mer::transport {

struct Envelope {
  int from = 0;  // rank
  Result<Message> message;
};

class Transport {
 public:
  virtual ~Transport() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;  // ranks, coordinator included

  // REQUIRES: 0 <= to < size(), to != rank().
  virtual void send(int to, const Message& message) = 0;

  // Everything that has arrived since the last call, oldest first per peer; also advances pending sends.
  virtual std::vector<Envelope> poll() = 0;

  // True when every message given to send() has left this process.
  virtual bool flushed() const = 0;
};

}  // namespace mer::transport
