// The promises of transport/transport.hpp, tested over every implementation. A World runs one role on each of two
// ranks.
#pragma once

#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "transport/transport.hpp"

namespace mer::transport {

// Polls until `count` messages have come, at most 60 s.
inline std::vector<Message> take(Transport& transport, std::size_t count) {
  std::vector<Message> messages;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (messages.size() < count && std::chrono::steady_clock::now() < end) {
    for (Envelope& envelope : transport.poll()) {
      EXPECT_EQ(envelope.from, 1 - transport.rank());
      EXPECT_TRUE(envelope.message.ok());
      if (envelope.message) messages.push_back(std::move(envelope.message).value());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(messages.size(), count);
  return messages;
}

inline void flush(Transport& transport) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!transport.flushed() && std::chrono::steady_clock::now() < end) {
    EXPECT_TRUE(transport.poll().empty());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(transport.flushed());
}

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
      [](Transport& transport) {
        EXPECT_EQ(transport.rank(), 0);
        EXPECT_EQ(transport.size(), 2);
      },
      [](Transport& transport) {
        EXPECT_EQ(transport.rank(), 1);
        EXPECT_EQ(transport.size(), 2);
      });
}

TYPED_TEST_P(TransportConformance, KeepsTheOrder) {
  constexpr std::uint64_t kCount = 2000;
  this->world_.run(
      [](Transport& transport) {
        const auto messages = take(transport, kCount);
        for (std::uint64_t i = 0; i < messages.size(); ++i) EXPECT_EQ(messages[i], Message(Beat{i}));
      },
      [](Transport& transport) {
        for (std::uint64_t i = 0; i < kCount; ++i) transport.send(0, Beat{i});
        flush(transport);
      });
}

TYPED_TEST_P(TransportConformance, LargeMessageArrivesWholeAndInItsPlace) {
  constexpr std::size_t kBytes = std::size_t{20} << 20;
  this->world_.run(
      [](Transport& transport) {
        const auto messages = take(transport, 3);
        ASSERT_EQ(messages.size(), 3U);
        EXPECT_EQ(messages[0], Message(Beat{1}));
        EXPECT_TRUE(messages[1] == Message(report_of_bytes(kBytes)));
        EXPECT_EQ(messages[2], Message(Beat{2}));
      },
      [](Transport& transport) {
        transport.send(0, Beat{1});
        transport.send(0, report_of_bytes(kBytes));
        transport.send(0, Beat{2});
        flush(transport);
      });
}

// Both ranks send far more than any buffer takes before either polls: a blocking send would never return.
TYPED_TEST_P(TransportConformance, SendDoesNotWaitForTheReceiver) {
  const auto role = [](Transport& transport) {
    for (int i = 0; i < 40; ++i) transport.send(1 - transport.rank(), report_of_bytes(std::size_t{1} << 20));
    take(transport, 40);
    flush(transport);
  };
  this->world_.run(role, role);
}

TYPED_TEST_P(TransportConformance, SenderMayReuseItsMessage) {
  this->world_.run(
      [](Transport& transport) {
        EXPECT_EQ(take(transport, 1), (std::vector<Message>{StopTrials{{TrialId{"aa"}, TrialId{"bb"}}}}));
      },
      [](Transport& transport) {
        StopTrials request{{TrialId{"aa"}, TrialId{"bb"}}};
        Message message = request;
        transport.send(0, message);
        std::get<StopTrials>(message).trials[0].hex = "cc";
        flush(transport);
      });
}

TYPED_TEST_P(TransportConformance, PollOfNothingIsEmpty) {
  const auto role = [](Transport& transport) {
    EXPECT_TRUE(transport.poll().empty());
    EXPECT_TRUE(transport.flushed());
  };
  this->world_.run(role, role);
}

REGISTER_TYPED_TEST_SUITE_P(TransportConformance, RanksKnowTheirPlace, KeepsTheOrder,
                            LargeMessageArrivesWholeAndInItsPlace, SendDoesNotWaitForTheReceiver,
                            SenderMayReuseItsMessage, PollOfNothingIsEmpty);

}  // namespace mer::transport
