// FramePort: carries frames between a coordinator and gateways, whole or not at all. A frame may be lost, as one is
// when a connection breaks; frames of one connection keep their order. ZmqPort is the real one, LoopbackPort the
// in-process one for tests.
//
// Threads: one thread owns a port and makes every call; no call blocks. Errors: none: what cannot be sent is lost, and
// the channel above sends it again (transport/reliable_channel.hpp).
#pragma once

#include <string>
#include <vector>

namespace mer::transport {

struct ArrivedFrame {
  std::string from;  // connection; a gateway has but one: empty
  std::string bytes;
};

class FramePort {
 public:
  virtual ~FramePort() = default;

  // To the other end of a connection, as poll() named it.
  virtual void send(const std::string& to, const std::string& bytes) = 0;

  // What has arrived since the last call.
  virtual std::vector<ArrivedFrame> poll() = 0;
};

}  // namespace mer::transport
