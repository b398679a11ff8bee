// The gateway between workers and coordinators that the test plays.
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
  // The same without beats.
  void group_step() { EXPECT_EQ(gateway_.step(now_), std::nullopt); }
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

  // To the coordinator of that name, by a connection of its own.
  Line line_to(const std::string& coordinator) {
    const std::string name = coordinator == "first" ? "g" : "to " + coordinator;
    auto& lines = coordinator == "next" ? next_lines_ : lines_;
    return {coordinator, std::make_unique<transport::LoopbackPort>(lines, name)};
  }
  std::optional<Line> find(const std::string& known) {
    asked_.push_back(known);
    if (holder_.empty()) return std::nullopt;
    if (holder_ == known) return Line{known, nullptr};
    return line_to(holder_);
  }
  // The first coordinator dies: nothing more comes from it.
  void lose_coordinator() {
    lines_->cut("g");
    holder_ = "";
    pass(3s);
  }
  // Rounds of the gateway, one each second.
  std::optional<ExitCode> pass(std::chrono::seconds time) {
    std::optional<ExitCode> end;
    for (int second = 0; second < time.count() && !end; ++second) {
      now_ += 1s;
      end = step();
    }
    return end;
  }
  static StackJob job_of(const std::string& trial, int attempt) {
    StackJob job;
    job.trials.resize(1);
    job.trials[0].spec.id = {trial};
    job.trials[0].attempt = attempt;
    return job;
  }
  static Message end_of(const std::string& trial, int attempt) { return Report{{trial}, attempt, AttemptStopped{1}}; }

  static constexpr std::chrono::seconds kIdle{600};

  using Messages = std::vector<std::pair<int, Message>>;

  TimePoint now_{};
  std::shared_ptr<transport::LoopbackLines> lines_ = std::make_shared<transport::LoopbackLines>();
  std::shared_ptr<transport::LoopbackHub> nobody_ = std::make_shared<transport::LoopbackHub>(1);
  transport::LoopbackTransport alone_{nobody_, 0};
  transport::LoopbackPort door_{lines_, ""};
  transport::LinkedTransport coordinator_{alone_, door_, {.session = "c", .clock = [this] { return now_; }}};
  std::shared_ptr<transport::LoopbackLines> next_lines_ = std::make_shared<transport::LoopbackLines>();
  transport::LoopbackPort next_door_{next_lines_, ""};
  transport::LinkedTransport next_{alone_, next_door_, {.session = "n", .clock = [this] { return now_; }}};
  std::shared_ptr<transport::LoopbackHub> hub_ = std::make_shared<transport::LoopbackHub>(3);
  transport::LoopbackTransport group_{hub_, 0}, first_{hub_, 1}, second_{hub_, 2};
  // Who holds the store; empty: nobody does.
  std::string holder_ = "first";
  std::vector<std::string> asked_;  // find() about whom
  Gateway gateway_{group_,
                   "g",
                   line_to("first"),
                   [this](const std::string& known) { return find(known); },
                   {.idle = kIdle, .patience = 60s}};
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

TEST_F(GatewayTest, PassesOnWhatAWorkerUsesWhenThatIsNew) {
  const Beat busy{5, {1.5, 1000, std::nullopt, std::nullopt}};
  join();
  first_.send(0, busy);
  group_step();
  first_.send(0, Beat{6, busy.use});
  second_.send(0, Beat{6, {}});
  group_step();
  EXPECT_EQ(at_coordinator(), (Messages{{1, busy}}));
}

TEST_F(GatewayTest, TheNextCoordinatorIsToldWhatAWorkerUses) {
  const Beat busy{5, {1.5, 1000, std::nullopt, std::nullopt}};
  first_.send(0, Hello{"far", 1, {}, "cpu"});
  first_.send(0, busy);
  group_step();
  coordinator_.poll();
  lines_->cut("g");
  holder_ = "next";
  for (int second = 0; second < 5; ++second) {
    now_ += 1s;
    for (auto* worker : {&first_, &second_}) worker->send(0, Beat{6, worker == &first_ ? busy.use : ResourceUse()});
    group_step();
  }

  std::vector<Message> told;
  for (const auto& envelope : next_.poll()) told.push_back(*envelope.message);
  EXPECT_EQ(told, (std::vector<Message>{Hello{"far", 1, {}, "cpu"}, Beat{0, busy.use}}));
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
  EXPECT_FALSE(gateway_.said_goodbye(now_));
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
  for (auto passed = 1s; passed < kIdle; passed += 1s) {
    now_ += 1s;
    EXPECT_EQ(step(), std::nullopt);
    coordinator_.poll();
    coordinator_.send(1, Beat{});
  }
  EXPECT_TRUE(coordinator_.take_departures().leaving.empty());
  now_ += 1s;
  EXPECT_EQ(step(), std::nullopt);
  EXPECT_EQ(step(), std::nullopt);
  coordinator_.poll();
  EXPECT_EQ(coordinator_.take_departures().leaving, (std::vector<int>{1, 2}));

  for (const int rank : {1, 2}) coordinator_.send(rank, Shutdown{});
  coordinator_.poll();

  EXPECT_EQ(step(), ExitCode::idle);
}

TEST_F(GatewayTest, ACoordinatorThatNeverAnswersEndsTheGroup) {
  lines_->cut("g");
  EXPECT_EQ(step(), std::nullopt);
  EXPECT_EQ(pass(29s), std::nullopt);

  EXPECT_EQ(pass(1s), ExitCode::orphaned);
}

TEST_F(GatewayTest, ALostCoordinatorEndsTheGroupWhenPatienceHasRunOut) {
  join();
  step();
  lose_coordinator();
  EXPECT_EQ(pass(59s), std::nullopt);
  EXPECT_EQ(at(first_), std::vector<Message>{}) << "its workers train on";

  EXPECT_EQ(pass(1s), ExitCode::orphaned);

  EXPECT_EQ(at(first_), std::vector<Message>{Shutdown{}});
  EXPECT_EQ(at(second_), std::vector<Message>{Shutdown{}});
}

TEST_F(GatewayTest, WorkersHearBeatsWhileThereIsNoCoordinator) {
  join();
  step();
  lose_coordinator();
  first_.poll();
  pass(10s);

  EXPECT_EQ(first_.poll().size(), 10U);
}

TEST_F(GatewayTest, ASilentCoordinatorThatHoldsTheStoreIsHeardAgainAndNothingIsLost) {
  join();
  step();
  lines_->cut("g");
  EXPECT_EQ(pass(5s), std::nullopt);
  first_.send(0, Capacity{4});
  EXPECT_EQ(pass(20s), std::nullopt);
  lines_->mend("g");
  pass(3s);

  EXPECT_EQ(at_coordinator(), (Messages{{1, Capacity{4}}}));
  EXPECT_EQ(pass(100s), ExitCode::orphaned) << "patience counts from the last time that it was silent";
}

TEST_F(GatewayTest, ASilentCoordinatorIsWaitedForNoLongerThanALostOne) {
  join();
  step();
  lines_->cut("g");
  EXPECT_EQ(pass(30s + 59s), std::nullopt);

  EXPECT_EQ(pass(1s), ExitCode::orphaned);
}

TEST_F(GatewayTest, TheNextCoordinatorIsToldWhoTheWorkersAreWhatTheyHaveAndWhatWasNotKept) {
  first_.send(0, Hello{"far", 1, {}, "cpu"});
  second_.send(0, Hello{"far", 2, {}, "cpu"});
  step();
  coordinator_.poll();
  coordinator_.confirm();
  coordinator_.send(1, Assign{job_of("a", 1)});
  coordinator_.send(2, Assign{job_of("b", 2)});
  coordinator_.poll();
  step();
  first_.send(0, Capacity{4});
  first_.send(0, Report{{"a"}, 1, EpochDone{}});
  step();
  coordinator_.poll();  // has it, and dies before it is durable
  lose_coordinator();
  second_.send(0, end_of("b", 2));
  pass(1s);
  holder_ = "next";
  pass(2s);

  const auto envelopes = next_.poll();

  const auto arrivals = next_.take_arrivals();
  ASSERT_EQ(arrivals.size(), 1U);
  EXPECT_EQ(arrivals[0], (transport::Arrival{"g", 1, 2, {{2, {"b"}, 2}, {1, {"a"}, 1}}}));
  Messages messages;
  for (const transport::Envelope& envelope : envelopes) messages.emplace_back(envelope.from, *envelope.message);
  EXPECT_EQ(messages, (Messages{{1, Hello{"far", 1, {}, "cpu"}},
                                {1, Capacity{4}},
                                {2, Hello{"far", 2, {}, "cpu"}},
                                {1, Report{{"a"}, 1, EpochDone{}}},
                                {2, end_of("b", 2)}}));
  next_.confirm();
  next_.send(2, StopTrials{});
  for (int round = 0; round < 2; ++round) {
    next_.poll();
    EXPECT_EQ(pass(1s), std::nullopt);
  }
  EXPECT_EQ(at(second_).back(), Message(StopTrials{}));
}

TEST_F(GatewayTest, WhatWasKeptIsNotToldAgain) {
  coordinator_.poll();
  step();
  coordinator_.poll();
  coordinator_.send(1, Assign{job_of("a", 1)});
  coordinator_.poll();
  step();
  first_.send(0, end_of("a", 1));
  step();
  coordinator_.poll();
  coordinator_.confirm();
  coordinator_.poll();
  step();
  lose_coordinator();
  holder_ = "next";
  pass(2s);

  EXPECT_TRUE(next_.poll().empty());
  const auto arrivals = next_.take_arrivals();
  ASSERT_EQ(arrivals.size(), 1U);
  EXPECT_EQ(arrivals[0].held, std::vector<transport::HeldAttempt>{});
}

TEST_F(GatewayTest, ACoordinatorThatGaveTheGroupUpGetsItAsANewOne) {
  join();
  coordinator_.send(1, Assign{job_of("a", 1)});
  coordinator_.poll();
  step();
  coordinator_.poll();
  lines_->cut("g");
  now_ += 30s;
  coordinator_.poll();
  coordinator_.take_arrivals();
  EXPECT_EQ(coordinator_.take_departures().lost, (std::vector<int>{1, 2}));
  now_ -= 25s;  // of silence as the gateway saw it
  lines_->mend("g");
  step();
  coordinator_.poll();
  pass(1s);
  EXPECT_EQ(asked_.back(), "") << "not whether it is the one that refused";
  step();
  coordinator_.poll();

  const auto arrivals = coordinator_.take_arrivals();
  ASSERT_EQ(arrivals.size(), 1U);
  EXPECT_EQ(arrivals[0], (transport::Arrival{"g", 3, 2, {{1, {"a"}, 1}}}));
  EXPECT_EQ(pass(1s), std::nullopt);
}

TEST_F(GatewayTest, AGroupThatWantsToLeaveSaysSoToTheNextCoordinatorToo) {
  join();
  step();
  lose_coordinator();
  gateway_.request_leave();
  EXPECT_EQ(pass(10s), std::nullopt);
  holder_ = "next";
  pass(2s);
  next_.poll();

  EXPECT_EQ(next_.take_departures().leaving, (std::vector<int>{1, 2}));
}

TEST_F(GatewayTest, AGroupWhoseJobIsAtItsEndDoesNotWaitForLong) {
  join();
  step();
  lose_coordinator();
  gateway_.request_leave();
  EXPECT_EQ(pass(30s), std::nullopt);

  EXPECT_EQ(pass(1s), ExitCode::orphaned);
}

TEST_F(GatewayTest, AWorkerThatOneCoordinatorLetGoIsTheNextOnesToo) {
  join();
  coordinator_.send(1, Shutdown{});
  coordinator_.poll();
  step();
  lose_coordinator();
  holder_ = "next";
  pass(2s);
  next_.poll();
  next_.send(2, Shutdown{});
  next_.poll();
  EXPECT_EQ(pass(1s), std::nullopt);
  next_.send(1, Shutdown{});
  next_.poll();

  EXPECT_EQ(pass(1s), ExitCode::done);
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

  EXPECT_FALSE(gateway_.said_goodbye(now_));
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
