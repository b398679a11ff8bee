// ReliableChannel: one end of a line between a coordinator and a gateway. Makes of frames that may be lost payloads
// that arrive once each, in order. A pure state machine: no clock, no I/O; time is an argument.
//
// Each end has a session, made anew by every process. Payloads are numbered from 1 on. An end says with each frame what
// it has received, which stops repeats, and what of it is durable, which lets the other end forget it. What is not
// received for a while is sent again, from the first one missing. Threads: one. Errors: none; frames of another session
// than the one first heard of are let go.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "transport/link_frame.hpp"

namespace mer::transport {

struct ChannelLimits {
  std::chrono::milliseconds beat_every{1000};    // a frame without payload, where there is no other
  std::chrono::milliseconds repeat_after{2000};  // what the other end has not received by then is sent again
  std::uint64_t window = 256;                    // payloads under way at most
};

class ReliableChannel {
 public:
  // workers: what a gateway says of its group with each frame.
  explicit ReliableChannel(std::string session, int workers = 0, ChannelLimits limits = {})
      : session_(std::move(session)), workers_(workers), limits_(limits) {}

  void send(std::string payload) { queue_.push_back(std::move(payload)); }

  // The payload that this frame brings, unless it is not its turn: one that came before, or after one that was lost.
  std::optional<std::string> take(const LinkFrame& frame, TimePoint now);

  // All that take() has given out is durable.
  void confirm() { kept_ = received_; }

  // What is to be sent now.
  std::vector<LinkFrame> due(TimePoint now);

  // The other end's session; empty: not heard of yet.
  const std::string& peer() const { return peer_; }
  std::optional<TimePoint> heard() const { return heard_; }
  bool all_received() const { return peer_received_ == last(); }  // by the other end
  bool all_kept() const { return queue_.empty(); }
  const std::deque<std::string>& unkept() const { return queue_; }  // in the order of send()

 private:
  std::uint64_t last() const { return forgotten_ + queue_.size(); }
  LinkFrame frame(std::uint64_t number) const;

  std::string session_;
  int workers_ = 0;
  ChannelLimits limits_;
  std::string peer_;
  std::optional<TimePoint> heard_;

  std::deque<std::string> queue_;      // payloads that the other end has not made durable
  std::uint64_t forgotten_ = 0;        // payloads before the first of queue_
  std::uint64_t sent_ = 0;             // the last payload that was sent
  std::uint64_t peer_received_ = 0;    // Invariant: forgotten_ <= peer_received_ <= last()
  std::optional<TimePoint> advanced_;  // the other end received something, or has something to receive since then

  std::uint64_t received_ = 0;  // the last payload that take() has given out
  std::uint64_t kept_ = 0;
  std::pair<std::uint64_t, std::uint64_t> told_{0, 0};  // received and kept, as the last frame said
  bool came_again_ = false;                             // a payload did: our word of it was lost
  std::optional<TimePoint> last_frame_;
};

}  // namespace mer::transport
