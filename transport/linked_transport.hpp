// LinkedTransport: a coordinator's transport: the ranks of its own MPI job, and the workers of groups that join it from
// elsewhere, each through its gateway (transport/gateway_link.hpp).
//
// A group gets rank numbers at its first frame, from a multiple of the gang's size on, so that its gangs are the ranks
// that gang_leader() says. A group that introduces itself by another session is lost as the one that it was. A group
// whose gateway said that it has ended, or has been silent for the limit, is lost, and stays so: what it still says is
// answered with a refusal. Threads: one. Errors: as in transport.hpp.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "transport/frame_port.hpp"
#include "transport/reliable_channel.hpp"
#include "transport/transport.hpp"

namespace mer::transport {

struct LinkOptions {
  std::string session;  // of this coordinator; no other one has the same
  int gang = 1;         // workers that train a stack together
  std::chrono::milliseconds silence_limit{30'000};
  std::function<TimePoint()> clock = [] { return std::chrono::steady_clock::now(); };
};

class LinkedTransport : public Transport {
 public:
  static constexpr int kMostWorkers = 1 << 16;  // of a group

  // `local`: rank 0 of its MPI job, or of nothing but itself.
  LinkedTransport(Transport& local, FramePort& port, LinkOptions options);

  int rank() const override { return local_.rank(); }
  int size() const override { return size_; }
  int lasting() const override { return local_.size(); }
  void send(int to, const Message& message) override;
  std::vector<Envelope> poll() override;
  std::vector<Arrival> take_arrivals() override;
  Departures take_departures() override;
  void confirm() override;
  // Of groups: has arrived there.
  bool flushed() const override;

 private:
  struct Group {
    int first = 0;  // rank of its worker 1
    int workers = 0;
    std::string address;  // the latest connection
    std::string name;     // as it introduced itself
    ReliableChannel channel;
  };
  using Groups = std::map<std::string, Group>;  // by session

  void take(const ArrivedFrame& arrived, std::vector<Envelope>& envelopes);
  Groups::iterator open(const LinkFrame& frame);
  void deliver(Groups::iterator group, const std::string& payload, std::vector<Envelope>& envelopes);
  void introduce(Groups::iterator group, Introduction introduction);
  void lose(Groups::iterator group);
  void refuse(const std::string& session, const std::string& address);
  void lose_silent_groups();
  void send_frames();

  Transport& local_;
  FramePort& port_;
  LinkOptions options_;
  int size_;
  Groups groups_;
  std::set<std::string> lost_;  // sessions
  std::vector<Arrival> arrivals_;
  Departures departures_;
};

}  // namespace mer::transport
