// The promises of transport/transport.hpp, tested over every implementation. A World runs one role on each of two
// ranks.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "transport/transport.hpp"

namespace mer::transport {

// One rank's end of the line. Keeps what comes early: the other rank may be ahead.
class Peer {
 public:
  explicit Peer(Transport& transport) : transport_(transport) {}

  Transport& transport() { return transport_; }
  void send(const Message& message) { transport_.send(1 - transport_.rank(), message); }

  // Polls until `count` messages have come, at most 60 s.
  std::vector<Message> take(std::size_t count) {
    wait([&] { return inbox_.size() >= count; });
    EXPECT_GE(inbox_.size(), count);
    const auto end = inbox_.begin() + std::ptrdiff_t(std::min(count, inbox_.size()));
    std::vector<Message> messages(inbox_.begin(), end);
    inbox_.erase(inbox_.begin(), end);
    return messages;
  }

  void flush() {
    wait([&] { return transport_.flushed(); });
    EXPECT_TRUE(transport_.flushed());
  }

 private:
  template <class Condition>
  void wait(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition() && std::chrono::steady_clock::now() < end) {
      for (Envelope& envelope : transport_.poll()) {
        EXPECT_EQ(envelope.from, 1 - transport_.rank());
        EXPECT_TRUE(envelope.message.ok());
        if (envelope.message) inbox_.push_back(std::move(envelope.message).value());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  Transport& transport_;
  std::deque<Message> inbox_;
};

inline Report report_of_bytes(std::size_t bytes) {
  const Failure failure{Failure::Kind::exit, 1, "large", std::string(bytes, 'x')};
  return {TrialId{"0123"}, 1, AttemptFailed{failure}};
}

template <class World>
class TransportConformance : public ::testing::Test {
 protected:
  World world_;
};
TYPED_TEST_SUITE_P(TransportConformance);

TYPED_TEST_P(TransportConformance, RanksKnowTheirPlace) {
  this->world_.run(
      [](Peer& peer) {
        EXPECT_EQ(peer.transport().rank(), 0);
        EXPECT_EQ(peer.transport().size(), 2);
      },
      [](Peer& peer) {
        EXPECT_EQ(peer.transport().rank(), 1);
        EXPECT_EQ(peer.transport().size(), 2);
      });
}

TYPED_TEST_P(TransportConformance, KeepsTheOrder) {
  constexpr std::uint64_t kCount = 500;
  this->world_.run(
      [](Peer& peer) {
        const auto messages = peer.take(kCount);
        for (std::uint64_t i = 0; i < messages.size(); ++i) EXPECT_EQ(messages[i], Message(Beat{i}));
      },
      [](Peer& peer) {
        for (std::uint64_t i = 0; i < kCount; ++i) peer.send(Beat{i});
        peer.flush();
      });
}

TYPED_TEST_P(TransportConformance, LargeMessageArrivesWholeAndInItsPlace) {
  constexpr std::size_t kBytes = std::size_t{3} << 20;
  this->world_.run(
      [](Peer& peer) {
        const auto messages = peer.take(3);
        ASSERT_EQ(messages.size(), 3U);
        EXPECT_EQ(messages[0], Message(Beat{1}));
        EXPECT_TRUE(messages[1] == Message(report_of_bytes(kBytes)));
        EXPECT_EQ(messages[2], Message(Beat{2}));
      },
      [](Peer& peer) {
        peer.send(Beat{1});
        peer.send(report_of_bytes(kBytes));
        peer.send(Beat{2});
        peer.flush();
      });
}

// Both ranks send far more than any buffer takes before either polls: a blocking send would never return.
TYPED_TEST_P(TransportConformance, SendDoesNotWaitForTheReceiver) {
  const auto role = [](Peer& peer) {
    for (int i = 0; i < 20; ++i) peer.send(report_of_bytes(std::size_t{256} << 10));
    peer.take(20);
    peer.flush();
  };
  this->world_.run(role, role);
}

TYPED_TEST_P(TransportConformance, SenderMayReuseItsMessage) {
  this->world_.run(
      [](Peer& peer) {
        EXPECT_EQ(peer.take(1), (std::vector<Message>{StopTrials{{TrialId{"aa"}, TrialId{"bb"}}}}));
      },
      [](Peer& peer) {
        StopTrials request{{TrialId{"aa"}, TrialId{"bb"}}};
        Message message = request;
        peer.send(message);
        std::get<StopTrials>(message).trials[0].hex = "cc";
        peer.flush();
      });
}

TYPED_TEST_P(TransportConformance, PollOfNothingIsEmpty) {
  this->world_.run(
      [](Peer& peer) {
        EXPECT_TRUE(peer.transport().poll().empty());
        EXPECT_TRUE(peer.transport().flushed());
        peer.send(Beat{1});
      },
      [](Peer& peer) { peer.take(1); });  // silent until the other rank has looked
}

REGISTER_TYPED_TEST_SUITE_P(TransportConformance, RanksKnowTheirPlace, KeepsTheOrder,
                            LargeMessageArrivesWholeAndInItsPlace, SendDoesNotWaitForTheReceiver,
                            SenderMayReuseItsMessage, PollOfNothingIsEmpty);

}  // namespace mer::transport
