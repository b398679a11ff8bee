// GatewayLink: a gateway's end of the line to the coordinator (the other is LinkedTransport): passes on what the
// workers of its group say, and hands out what is said to them.
//
// Threads: one. Errors: none of its own: state() says when there is no use in going on.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "transport/frame_port.hpp"
#include "transport/reliable_channel.hpp"
#include "transport/transport.hpp"

namespace mer::transport {

// A message to a worker of the group.
struct Delivery {
  int to = 0;
  Result<Message> message;
};

class GatewayLink {
 public:
  // session: no other gateway has the same. workers: of the group, 1..workers.
  GatewayLink(FramePort& port, const std::string& session, int workers)
      : port_(port), channel_(session, workers), workers_(workers) {}

  // Its first word, before all others.
  void introduce(const Introduction& introduction) { channel_.send(pack({0, encode(introduction)})); }
  void send(int worker, const Message& message) { channel_.send(pack({worker, encode(message)})); }
  void leave() { channel_.send(pack({0, kLeaving})); }  // asks that the workers be let go
  void say_gone() { channel_.send(pack({0, kGone})); }  // the last word

  // Advances the line.
  std::vector<Delivery> poll(TimePoint now);

  // The coordinator has no such group, or no longer: also its answer to say_gone().
  bool refused() const { return refused_; }
  std::optional<TimePoint> heard() const { return channel_.heard(); }  // of the coordinator
  bool all_kept() const { return channel_.all_kept(); }                // everything that was sent is durable there

  // What workers said, and the coordinator has not made durable as far as it told; oldest first.
  std::vector<std::pair<int, Message>> unkept() const;

 private:
  FramePort& port_;
  ReliableChannel channel_;
  int workers_;
  bool refused_ = false;
};

}  // namespace mer::transport
