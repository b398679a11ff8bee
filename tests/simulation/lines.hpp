// Lines: the connections of gateways to one coordinator in virtual time, and the FramePort of each end.
//
// Frames of a connection keep their order. Those that are sent, or under way, while it is silent are lost, as they are
// when a connection breaks and is made anew. Threads: one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/event_queue.hpp"
#include "tests/simulation/random.hpp"
#include "transport/frame_port.hpp"

namespace mer::simulation {

class Lines : public std::enable_shared_from_this<Lines> {
 public:
  // `arrived`: a frame is there for the coordinator.
  Lines(EventQueue& queue, Random& random, std::function<void()> arrived)
      : queue_(queue), random_(random), arrived_(std::move(arrived)) {}

  // `most`: frames that a poll takes. REQUIRES: outlives it.
  std::unique_ptr<transport::FramePort> coordinator_port(std::size_t most);
  // A new connection; `arrived`: a frame is there for that gateway.
  std::unique_ptr<transport::FramePort> connect(std::function<void()> arrived);

  bool has_mail() const { return !for_coordinator_.empty(); }
  void silence(Time until) { silent_until_ = std::max(silent_until_, until); }  // all of them
  void close() { closed_ = true; }  // the coordinator is gone; what it has sent still arrives

 private:
  struct Connection {
    std::function<void()> arrived;
    std::vector<transport::ArrivedFrame> inbox = {};
    Time last_up{}, last_down{};  // arrivals
  };
  class CoordinatorPort;
  class GatewayPort;

  void send(const std::string& connection, bool up, const std::string& bytes);
  void arrive(const std::string& connection, bool up, const std::string& bytes);
  bool is_silent() const { return queue_.now() < silent_until_; }

  EventQueue& queue_;
  Random& random_;
  std::function<void()> arrived_;
  std::map<std::string, Connection> connections_;
  std::vector<transport::ArrivedFrame> for_coordinator_;
  Time silent_until_{};
  bool closed_ = false;
};

}  // namespace mer::simulation
