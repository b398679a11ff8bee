// The gateway between workers and a coordinator that the test plays.
#include "worker/gateway/gateway.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "transport/linked_transport.hpp"
#include "transport/loopback_port.hpp"
#include "transport/loopback_transport.hpp"

namespace mer::gateway {
namespace {

using namespace std::chrono_literals;

class GatewayTest : public ::testing::Test {
 protected:
  std::optional<ExitCode> step() {
    for (auto* worker : {&first_, &second_}) worker->send(0, Beat{});
    return gateway_.step(now_);
  }
  // What the coordinator gets.
  std::vector<std::pair<int, Message>> at_coordinator() {
    std::vector<std::pair<int, Message>> messages;
    for (const transport::Envelope& envelope : coordinator_.poll())
      messages.emplace_back(envelope.from, *envelope.message);
    return messages;
  }
  // What a worker gets, without beats.
  static std::vector<Message> at(transport::Transport& worker) {
    std::vector<Message> messages;
    for (const transport::Envelope& envelope : worker.poll()) {
      if (!std::holds_alternative<Beat>(*envelope.message)) messages.push_back(*envelope.message);
    }
    return messages;
  }
  void join() {
    step();
    coordinator_.poll();
  }

  using Messages = std::vector<std::pair<int, Message>>;

  TimePoint now_{};
  std::shared_ptr<transport::LoopbackLines> lines_ = std::make_shared<transport::LoopbackLines>();
  std::shared_ptr<transport::LoopbackHub> nobody_ = std::make_shared<transport::LoopbackHub>(1);
  transport::LoopbackTransport alone_{nobody_, 0};
  transport::LoopbackPort door_{lines_, ""};
  transport::LinkedTransport coordinator_{alone_, door_, {.session = "c", .clock = [this] { return now_; }}};
  std::shared_ptr<transport::LoopbackHub> hub_ = std::make_shared<transport::LoopbackHub>(3);
  transport::LoopbackTransport group_{hub_, 0}, first_{hub_, 1}, second_{hub_, 2};
  transport::LoopbackPort port_{lines_, "g"};
  transport::GatewayLink link_{port_, "g", 2};
  Gateway gateway_{group_, link_, {.idle = 60s}};
};

TEST_F(GatewayTest, PassesOnWhatBothSidesSayButNoBeats) {
  first_.send(0, Hello{"far", 1, {}, "cpu"});
  second_.send(0, Capacity{4});
  EXPECT_EQ(step(), std::nullopt);

  EXPECT_EQ(at_coordinator(), (Messages{{1, Hello{"far", 1, {}, "cpu"}}, {2, Capacity{4}}}));

  coordinator_.send(2, StopTrials{});
  coordinator_.poll();
  EXPECT_EQ(step(), std::nullopt);
  EXPECT_EQ(at(first_), std::vector<Message>{});
  EXPECT_EQ(at(second_), std::vector<Message>{StopTrials{}});
}

TEST_F(GatewayTest, BeatsToItsWorkersEachSecond) {
  join();
  first_.poll();
  now_ += 999ms;
  step();
  EXPECT_TRUE(first_.poll().empty());
  now_ += 1ms;
  step();

  const auto envelopes = first_.poll();
  ASSERT_EQ(envelopes.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<Beat>(*envelopes[0].message));
}

TEST_F(GatewayTest, WorkersLeaveTogetherWhenAllOfThemMay) {
  join();
  coordinator_.send(1, Shutdown{});
  coordinator_.poll();
  EXPECT_EQ(step(), std::nullopt);
  EXPECT_EQ(at(first_), std::vector<Message>{}) << "the other one still trains";
  coordinator_.send(2, Shutdown{});
  coordinator_.poll();

  EXPECT_EQ(step(), ExitCode::done);

  EXPECT_EQ(at(first_), std::vector<Message>{Shutdown{}});
  EXPECT_EQ(at(second_), std::vector<Message>{Shutdown{}});
  link_.poll(now_);
  coordinator_.poll();
  EXPECT_EQ(coordinator_.take_departures().lost, (std::vector<int>{1, 2}));
}

TEST_F(GatewayTest, AsksToLeaveOnceAndEndsAsPausedWhenItIsLetGo) {
  join();
  gateway_.request_leave();
  gateway_.request_leave();
  EXPECT_EQ(step(), std::nullopt);
  coordinator_.poll();
  EXPECT_EQ(coordinator_.take_departures().leaving, (std::vector<int>{1, 2}));

  for (const int rank : {1, 2}) coordinator_.send(rank, Shutdown{});
  coordinator_.poll();

  EXPECT_EQ(step(), ExitCode::paused);
}

TEST_F(GatewayTest, WorkersThatHaveNothingToDoLeave) {
  join();
  for (int second = 1; second < 60; ++second) {
    now_ += 1s;
    EXPECT_EQ(step(), std::nullopt);
    coordinator_.poll();
    coordinator_.send(1, Beat{});
  }
  EXPECT_TRUE(coordinator_.take_departures().leaving.empty());
  now_ += 1s;
  EXPECT_EQ(step(), std::nullopt);
  link_.poll(now_);
  coordinator_.poll();
  EXPECT_EQ(coordinator_.take_departures().leaving, (std::vector<int>{1, 2}));

  for (const int rank : {1, 2}) coordinator_.send(rank, Shutdown{});
  coordinator_.poll();

  EXPECT_EQ(step(), ExitCode::idle);
}

TEST_F(GatewayTest, ASilentCoordinatorEndsTheGroup) {
  join();
  step();
  lines_->cut("g");
  now_ += 29s;
  EXPECT_EQ(step(), std::nullopt);
  now_ += 1s;

  EXPECT_EQ(step(), ExitCode::orphaned);

  EXPECT_EQ(at(first_), std::vector<Message>{Shutdown{}});
}

TEST_F(GatewayTest, ACoordinatorThatNeverAnswersEndsTheGroup) {
  lines_->cut("g");
  EXPECT_EQ(step(), std::nullopt);
  now_ += 30s;

  EXPECT_EQ(step(), ExitCode::orphaned);
}

TEST_F(GatewayTest, ACoordinatorThatGaveTheGroupUpEndsIt) {
  join();
  step();
  lines_->cut("g");
  now_ += 30s;
  coordinator_.poll();
  lines_->mend("g");
  now_ -= 10s;  // of silence as the gateway saw it
  EXPECT_EQ(step(), std::nullopt);
  coordinator_.poll();

  EXPECT_EQ(step(), ExitCode::orphaned);
}

TEST_F(GatewayTest, ACoordinatorThatHasGoneEndsTheGroupAtOnce) {
  join();
  gateway_.coordinator_has_gone();

  EXPECT_EQ(step(), ExitCode::orphaned);
}

TEST_F(GatewayTest, ASilentWorkerIsTheLossOfTheGroup) {
  join();
  for (int second = 0; second < 30; ++second) {
    EXPECT_EQ(gateway_.step(now_), std::nullopt);
    coordinator_.poll();
    now_ += 1s;
    first_.send(0, Beat{});
  }

  EXPECT_EQ(gateway_.step(now_), ExitCode::internal);

  link_.poll(now_);
  coordinator_.poll();
  EXPECT_EQ(coordinator_.take_departures().lost, (std::vector<int>{1, 2}));
}

TEST_F(GatewayTest, BytesThatAreNoMessageChangeNothing) {
  join();
  hub_->put(1, 0, "nonsense");
  first_.send(0, Capacity{2});

  EXPECT_EQ(step(), std::nullopt);
  EXPECT_EQ(at_coordinator(), (Messages{{1, Capacity{2}}}));
}

}  // namespace
}  // namespace mer::gateway
