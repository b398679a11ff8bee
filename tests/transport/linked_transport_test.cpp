// A coordinator's transport with groups that the test plays, over lines that it cuts.
#include "transport/linked_transport.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "transport/gateway_link.hpp"
#include "transport/loopback_port.hpp"
#include "transport/loopback_transport.hpp"

namespace mer::transport {
namespace {

using namespace std::chrono_literals;

class LinkedTransportTest : public ::testing::Test {
 protected:
  // A coordinator of an MPI job with this many workers.
  explicit LinkedTransportTest(int workers = 1, int gang = 1)
      : hub_(std::make_shared<LoopbackHub>(workers + 1)),
        local_(hub_, 0),
        port_(lines_, ""),
        linked_(local_, port_, {.session = "coordinator", .gang = gang, .clock = [this] { return now_; }}) {}

  struct Gateway {
    LoopbackPort port;
    GatewayLink link;
    Gateway(const std::shared_ptr<LoopbackLines>& lines, const std::string& name, int workers)
        : port(lines, name), link(port, name, workers) {}
  };
  std::unique_ptr<Gateway> join(const std::string& name, int workers) {
    auto gateway = std::make_unique<Gateway>(lines_, name, workers);
    gateway->link.poll(now_);
    linked_.poll();
    return gateway;
  }
  // What the coordinator gets when the line has been advanced.
  std::vector<std::pair<int, Message>> taken() {
    std::vector<std::pair<int, Message>> messages;
    for (const Envelope& envelope : linked_.poll()) messages.emplace_back(envelope.from, *envelope.message);
    return messages;
  }
  static std::vector<std::pair<int, Message>> taken(Gateway& gateway, TimePoint now) {
    std::vector<std::pair<int, Message>> messages;
    for (const Delivery& delivery : gateway.link.poll(now)) messages.emplace_back(delivery.to, *delivery.message);
    return messages;
  }

  using Messages = std::vector<std::pair<int, Message>>;

  TimePoint now_{};
  std::shared_ptr<LoopbackLines> lines_ = std::make_shared<LoopbackLines>();
  std::shared_ptr<LoopbackHub> hub_;
  LoopbackTransport local_;
  LoopbackPort port_;
  LinkedTransport linked_;
};

TEST_F(LinkedTransportTest, AGroupsWorkersGetTheNextRanks) {
  EXPECT_EQ(linked_.size(), 2);
  const auto first = join("first", 2);
  EXPECT_EQ(linked_.size(), 4);
  const auto second = join("second", 1);

  EXPECT_EQ(linked_.size(), 5);
  EXPECT_EQ(linked_.lasting(), 2);
}

TEST_F(LinkedTransportTest, MessagesGoBetweenTheCoordinatorAndTheWorkersOfEachJob) {
  LoopbackTransport worker(hub_, 1);
  const auto gateway = join("gateway", 2);
  worker.send(0, Beat{1});
  gateway->link.send(2, Beat{2});
  gateway->link.poll(now_);

  EXPECT_EQ(taken(), (Messages{{1, Beat{1}}, {3, Beat{2}}}));

  linked_.send(1, Beat{3});
  linked_.send(2, Beat{4});
  linked_.poll();
  EXPECT_EQ(*worker.poll().at(0).message, Message(Beat{3}));
  EXPECT_EQ(taken(*gateway, now_), (Messages{{1, Beat{4}}}));
}

TEST_F(LinkedTransportTest, WhatAGatewaySentIsItsOwnToKeepUntilItIsDurable) {
  const auto gateway = join("gateway", 1);
  gateway->link.send(1, Beat{});
  gateway->link.poll(now_);
  linked_.poll();
  gateway->link.poll(now_);
  EXPECT_FALSE(gateway->link.all_kept());

  linked_.confirm();
  linked_.poll();
  gateway->link.poll(now_);

  EXPECT_TRUE(gateway->link.all_kept());
}

TEST_F(LinkedTransportTest, ACutThatIsMendedInTimeLosesNothing) {
  const auto gateway = join("gateway", 1);
  lines_->cut("gateway");
  gateway->link.send(1, Beat{5});
  linked_.send(2, Beat{6});
  gateway->link.poll(now_);
  linked_.poll();
  EXPECT_FALSE(linked_.flushed());
  lines_->mend("gateway");
  now_ += 3s;

  gateway->link.poll(now_);
  EXPECT_EQ(taken(), (Messages{{2, Beat{5}}}));
  EXPECT_EQ(taken(*gateway, now_), (Messages{{1, Beat{6}}}));

  linked_.poll();
  EXPECT_TRUE(linked_.flushed());
  EXPECT_TRUE(linked_.take_departures().lost.empty());
}

TEST_F(LinkedTransportTest, ASilentGroupIsLostOnceAndForGood) {
  const auto gateway = join("gateway", 2);
  lines_->cut("gateway");
  now_ += 29s;
  linked_.poll();
  EXPECT_TRUE(linked_.take_departures().lost.empty());
  now_ += 1s;

  linked_.poll();

  EXPECT_EQ(linked_.take_departures().lost, (std::vector<int>{2, 3}));
  linked_.poll();
  EXPECT_TRUE(linked_.take_departures().lost.empty());
  lines_->mend("gateway");
  gateway->link.send(1, Beat{});
  gateway->link.poll(now_);
  EXPECT_EQ(taken(), Messages{}) << "what comes late";
  gateway->link.poll(now_);
  EXPECT_TRUE(gateway->link.refused());
  const auto next = join("next", 1);
  EXPECT_EQ(linked_.size(), 5) << "numbers are not used again";
  linked_.send(2, Beat{});
  EXPECT_TRUE(linked_.flushed()) << "a message to the lost goes nowhere";
}

TEST_F(LinkedTransportTest, AGroupThatWantsToLeaveSaysSoAfterWhatItsWorkersSaid) {
  const auto gateway = join("gateway", 2);
  gateway->link.send(1, Beat{1});
  gateway->link.leave();
  gateway->link.poll(now_);

  EXPECT_EQ(taken(), (Messages{{2, Beat{1}}}));

  const Departures departures = linked_.take_departures();
  EXPECT_EQ(departures.leaving, (std::vector<int>{2, 3}));
  EXPECT_TRUE(departures.lost.empty());
}

TEST_F(LinkedTransportTest, AGroupThatHasEndedIsLostAtOnceAndItsGatewayKnowsThatItWasHeard) {
  const auto gateway = join("gateway", 1);
  gateway->link.say_gone();
  gateway->link.poll(now_);
  linked_.poll();
  gateway->link.poll(now_);

  EXPECT_EQ(linked_.take_departures().lost, (std::vector<int>{2}));
  EXPECT_TRUE(gateway->link.refused());
}

TEST_F(LinkedTransportTest, AGatewayOfAnotherCoordinatorIsRefused) {
  LinkFrame frame{"gateway", "another coordinator", 2, false, 0, 0, 0, ""};
  LoopbackPort gateway(lines_, "gateway");
  gateway.send("", encode(frame));

  linked_.poll();

  EXPECT_EQ(linked_.size(), 2);
  const auto answers = gateway.poll();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(decode_frame(answers[0].bytes)->refused);
}

TEST_F(LinkedTransportTest, AGroupSaysItsNameAndWhatItsWorkersBring) {
  const auto gateway = join("gateway", 2);
  gateway->link.introduce({"group", {{2, {"a"}, 3}, {0, {"b"}, 1}, {3, {"c"}, 1}}});
  gateway->link.send(2, Beat{1});
  gateway->link.poll(now_);

  EXPECT_EQ(taken(), (Messages{{3, Beat{1}}}));
  EXPECT_EQ(linked_.take_arrivals(), (std::vector<Arrival>{{"group", 2, 2, {{2, {"a"}, 3}}}}))
      << "but no attempt of a worker that it has not";
  EXPECT_TRUE(linked_.take_arrivals().empty());
}

TEST_F(LinkedTransportTest, AGroupThatComesByANewSessionIsLostAsTheOneThatItWas) {
  const auto before = join("before", 1);
  const auto other = join("other", 1);
  before->link.introduce({"group", {}});
  other->link.introduce({"another group", {}});
  const auto now = join("now", 1);
  now->link.introduce({"group", {{1, {"a"}, 1}}});
  for (auto* gateway : {before.get(), other.get(), now.get()}) gateway->link.poll(now_);
  linked_.poll();

  EXPECT_EQ(linked_.take_departures().lost, std::vector<int>{2});
  ASSERT_EQ(linked_.take_arrivals().size(), 3U);
  before->link.poll(now_);
  EXPECT_TRUE(before->link.refused());
  EXPECT_FALSE(now->link.refused());
}

TEST_F(LinkedTransportTest, ForeignBytesAreReportedAndChangeNothing) {
  LoopbackPort stranger(lines_, "stranger");
  stranger.send("", "nonsense");
  stranger.send("", encode(LinkFrame{"no workers", "", 0, false, 0, 0, 0, ""}));
  stranger.send("", encode(LinkFrame{"too many", "", 1 << 20, false, 0, 0, 0, ""}));

  const auto envelopes = linked_.poll();

  ASSERT_EQ(envelopes.size(), 1U);
  EXPECT_EQ(envelopes[0].message.error().code, ErrorCode::corrupt);
  EXPECT_EQ(linked_.size(), 2);
}

class LinkedGangsTest : public LinkedTransportTest {
 protected:
  LinkedGangsTest() : LinkedTransportTest(5, 2) {}
};

TEST_F(LinkedGangsTest, TheGangsOfAGroupAreItsOwn) {
  const auto first = join("first", 3);
  const auto second = join("second", 2);
  first->link.send(1, Beat{1});
  second->link.send(1, Beat{2});
  first->link.poll(now_);
  second->link.poll(now_);

  const Messages messages = taken();

  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].first, 7) << "workers 1..5 are of the coordinator's job, and 6 is nobody";
  EXPECT_EQ(messages[1].first, 11);
  for (const auto& [rank, message] : messages) EXPECT_EQ(gang_leader(rank, 2), rank);
}

}  // namespace
}  // namespace mer::transport
