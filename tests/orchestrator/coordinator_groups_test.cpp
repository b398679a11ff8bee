// The coordinator with workers of other jobs, over lines that the test cuts.
#include <algorithm>
#include <set>

#include "tests/orchestrator/coordinator_fixture.hpp"
#include "transport/gateway_link.hpp"
#include "transport/linked_transport.hpp"
#include "transport/loopback_port.hpp"

namespace mer::orchestrator {
namespace {

using namespace std::chrono_literals;

// Ranks 1 to 3 are of the coordinator's own job.
class CoordinatorGroupsTest : public CoordinatorFixture {
 protected:
  CoordinatorGroupsTest() { begin(1); }

  void begin(int gang) {
    linked_ = std::make_unique<transport::LinkedTransport>(
        faulty_, port_, transport::LinkOptions{.session = "s", .gang = gang, .clock = [this] { return now_; }});
    start(gang, 0, linked_.get());
  }

  struct Group {
    transport::LoopbackPort port;
    transport::GatewayLink link;
    Group(const std::shared_ptr<transport::LoopbackLines>& lines, const std::string& name, int workers)
        : port(lines, name), link(port, name, workers) {}
  };
  std::unique_ptr<Group> join_group(const std::string& name, int workers) {
    auto group = std::make_unique<Group>(lines_, name, workers);
    for (int worker = 1; worker <= workers; ++worker) group->link.send(worker, Hello{name, worker, {0}, "cpu"});
    return group;
  }
  // A round of the gateway's, one of the coordinator's, and what the gateway has got by then.
  std::vector<std::pair<int, Message>> exchange(Group& group) {
    group.link.poll(now_);
    EXPECT_EQ(step(), std::nullopt);
    linked_->poll();
    return got(group);
  }
  std::vector<std::pair<int, Message>> got(Group& group) {
    std::vector<std::pair<int, Message>> messages;
    for (const transport::Delivery& delivery : group.link.poll(now_))
      messages.emplace_back(delivery.to, *delivery.message);
    return messages;
  }
  static TrialJob trial_of(const std::vector<std::pair<int, Message>>& messages) {
    for (const auto& [to, message] : messages) {
      if (const auto* assign = std::get_if<Assign>(&message)) return assign->job.trials.at(0);
    }
    ADD_FAILURE() << "no assignment came";
    return {};
  }

  using Messages = std::vector<std::pair<int, Message>>;

  std::shared_ptr<transport::LoopbackLines> lines_ = std::make_shared<transport::LoopbackLines>();
  transport::LoopbackPort port_{lines_, ""};
  std::unique_ptr<transport::LinkedTransport> linked_;
};

TEST_F(CoordinatorGroupsTest, AWorkerOfAnotherJobTrainsATrialOfTheSweep) {
  const auto group = join_group("far", 1);
  const TrialJob trial = trial_of(exchange(*group));

  group->link.send(1, Report{trial.spec.id, trial.attempt, finished()});
  exchange(*group);

  EXPECT_EQ(counts().done, 1);
  EXPECT_EQ(store_.trial(trial.spec.id)->attempts.at(0).worker, 4);
}

TEST_F(CoordinatorGroupsTest, WhatAGatewaySentIsAcknowledgedOnlyWhenItIsCommitted) {
  const auto group = join_group("far", 1);
  const TrialJob trial = trial_of(exchange(*group));
  EXPECT_TRUE(group->link.all_kept());
  group->link.send(1, Report{trial.spec.id, trial.attempt, finished()});
  writer_.before_commit = [&] {
    got(*group);
    EXPECT_FALSE(group->link.all_kept());
    return Status();
  };

  exchange(*group);

  EXPECT_TRUE(group->link.all_kept());
}

TEST_F(CoordinatorGroupsTest, ALostGroupCostsNoChargeAndEndsNoRun) {
  const auto group = join_group("far", 2);
  const TrialJob trial = trial_of(exchange(*group));
  EXPECT_EQ(counts().running, 2);
  worker_.send(0, Hello{"near", 1, {0}, "cpu"});
  step();
  received();
  lines_->cut("far");
  for (int second = 0; second < 31; ++second) {
    now_ += 1s;
    for (auto* worker : {&worker_, &second_, &third_}) worker->send(0, Beat{});
    ASSERT_EQ(step(), std::nullopt);
  }

  EXPECT_EQ(counts().running, 1) << "that of the coordinator's own worker";
  EXPECT_EQ(counts().pending, 2);
  int charged = 0;
  for (const auto& progress : *store_.progress(sweep_)) charged += progress.crashes;
  EXPECT_EQ(charged, 1) << "for the one that runs";

  lines_->mend("far");
  group->link.send(1, Report{trial.spec.id, trial.attempt, finished()});
  EXPECT_EQ(exchange(*group), Messages{});
  EXPECT_TRUE(group->link.refused());
  EXPECT_EQ(counts().done, 0) << "a report that comes late";
}

// The next coordinator on the store, to which the group comes back as its gateway does.
class NextCoordinatorTest : public CoordinatorGroupsTest {
 protected:
  std::unique_ptr<Group> join_by_name(const std::string& session, std::vector<transport::HeldAttempt> held = {}) {
    auto group = std::make_unique<Group>(lines_, session, 1);
    group->link.introduce({"group", std::move(held)});
    group->link.send(1, Hello{"far", 1, {0}, "cpu"});
    return group;
  }
  storage::TrialDetail detail(const TrialJob& trial) { return *store_.trial(trial.spec.id); }
  static Report epoch(const TrialJob& trial, int number) {
    EpochRow row;
    row.split = Split::train;
    row.epoch = number;
    return Report{trial.spec.id, trial.attempt, EpochDone{{row}, {number, 1, 0, 0}}};
  }
};

TEST_F(NextCoordinatorTest, ATrialGoesOnAsTheAttemptThatItIs) {
  auto group = join_by_name("g/1");
  const TrialJob trial = trial_of(exchange(*group));
  group->link.send(1, epoch(trial, 1));
  exchange(*group);
  begin(1);
  step();
  EXPECT_EQ(counts().running, 1);

  group = join_by_name("g/2", {{1, trial.spec.id, trial.attempt}});
  group->link.send(1, epoch(trial, 1));  // which the last one may not have kept
  group->link.send(1, epoch(trial, 2));
  EXPECT_EQ(exchange(*group), Messages{}) << "nothing new, and nothing to stop";
  group->link.send(1, Report{trial.spec.id, trial.attempt, finished()});
  exchange(*group);

  EXPECT_EQ(counts().done, 1);
  ASSERT_EQ(detail(trial).attempts.size(), 1U);
  EXPECT_EQ(detail(trial).attempts[0].outcome, "finished");
  EXPECT_EQ(detail(trial).row.crashes, 0);
  EXPECT_EQ(store_.curve(trial.spec.id, Split::train)->size(), 2U);
  EXPECT_EQ(coordinator_->explain(trial.spec.id, now_).find("\"absent\":true"), std::string::npos);
}

TEST_F(NextCoordinatorTest, AnEndThatTheLastOneCommittedIsRepeatedWithoutEffect) {
  auto group = join_by_name("g/1");
  const TrialJob trial = trial_of(exchange(*group));
  group->link.send(1, Report{trial.spec.id, trial.attempt, finished()});
  group->link.poll(now_);
  step();
  EXPECT_EQ(counts().done, 1);
  begin(1);

  group = join_by_name("g/2", {{1, trial.spec.id, trial.attempt}});
  group->link.send(1, Report{trial.spec.id, trial.attempt, finished()});
  const TrialJob next = trial_of(exchange(*group));

  EXPECT_EQ(counts().done, 1);
  EXPECT_NE(next.spec.id, trial.spec.id);
  ASSERT_EQ(detail(trial).attempts.size(), 1U);
}

TEST_F(NextCoordinatorTest, AGroupThatDoesNotComeBackIsWaitedForOneMinute) {
  const auto group = join_by_name("g/1");
  const TrialJob trial = trial_of(exchange(*group));
  begin(1);
  step();
  now_ += 59s;
  for (auto* worker : {&worker_, &second_, &third_}) worker->send(0, Beat{});
  step();
  EXPECT_EQ(counts().running, 1);
  now_ += 1s;
  step();

  EXPECT_EQ(counts().running, 0);
  EXPECT_EQ(detail(trial).attempts[0].outcome, "failed");
  EXPECT_EQ(detail(trial).attempts[0].failure->message, "its group did not come back");
  EXPECT_EQ(detail(trial).row.crashes, 0);
}

TEST_F(NextCoordinatorTest, AFailureTellsTheOwnWorkersAloneToLeave) {
  const auto group = join_by_name("g/1");
  writer_.before_commit = [] { return Status(Error{ErrorCode::no_space, "no space left on device"}); };
  group->link.poll(now_);

  EXPECT_EQ(step(), ExitCode::internal);

  linked_->poll();
  EXPECT_EQ(got(*group), Messages{});
  EXPECT_EQ(received(), std::vector<Message>{Shutdown{}});
}

TEST_F(CoordinatorGroupsTest, AGroupThatLeavesHandsBackAndIsLetGo) {
  const auto group = join_group("far", 2);
  const Messages assigned = exchange(*group);
  const TrialJob trial = trial_of(assigned);
  group->link.leave();

  EXPECT_EQ(exchange(*group), (Messages{{1, StopTrials{}}, {2, StopTrials{}}}));

  for (const auto& [worker, message] : assigned) {
    const TrialJob& job = std::get<Assign>(message).job.trials.at(0);
    group->link.send(worker, Report{job.spec.id, job.attempt, AttemptStopped{1}});
  }
  EXPECT_EQ(exchange(*group), (Messages{{1, Shutdown{}}, {2, Shutdown{}}}));
  EXPECT_EQ(counts().pending, 3);
  for (const auto& progress : *store_.progress(sweep_)) EXPECT_EQ(progress.crashes, 0);
  group->link.say_gone();
  EXPECT_EQ(exchange(*group), Messages{});
  EXPECT_TRUE(group->link.refused());
}

TEST_F(CoordinatorGroupsTest, AWorkerThatJoinsAfterItsGroupWantedToLeaveIsLetGoAtOnce) {
  transport::LoopbackPort port(lines_, "far");
  transport::GatewayLink link(port, "far", 1);
  link.leave();
  link.poll(now_);
  step();
  link.send(1, Hello{"far", 1, {0}, "cpu"});
  link.poll(now_);

  EXPECT_EQ(step(), std::nullopt);
  linked_->poll();

  const auto deliveries = link.poll(now_);
  ASSERT_EQ(deliveries.size(), 1U);
  EXPECT_EQ(*deliveries[0].message, Message(Shutdown{}));
  EXPECT_EQ(counts().pending, 3);
}

TEST_F(CoordinatorGroupsTest, TheEndOfTheSweepReachesEveryGroup) {
  const auto group = join_group("far", 1);
  for (int trial = 0; trial < 3; ++trial) {
    const TrialJob job = trial_of(exchange(*group));
    group->link.send(1, Report{job.spec.id, job.attempt, finished()});
  }
  got(*group);

  EXPECT_EQ(step(), ExitCode::done);

  linked_->poll();
  EXPECT_EQ(got(*group), (Messages{{1, Shutdown{}}}));
}

TEST_F(CoordinatorGroupsTest, AGangOfAnotherJobIsAskedThroughItsLeader) {
  begin(2);
  const auto group = join_group("far", 3);
  const Messages messages = exchange(*group);

  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].first, 1);
  const TrialJob trial = trial_of(messages);
  group->link.leave();
  EXPECT_EQ(exchange(*group), (Messages{{1, StopTrials{}}, {3, Shutdown{}}})) << "the third is in no gang";
  group->link.send(1, Report{trial.spec.id, trial.attempt, AttemptStopped{0}});
  EXPECT_EQ(exchange(*group), (Messages{{1, Shutdown{}}, {2, Shutdown{}}}));
}

class CoordinatorNodesTest : public CoordinatorGroupsTest {
 protected:
  CoordinatorNodesTest() {
    node_crashes_ = 2;
    book_.excluded = [this] { return excluded_; };
    book_.exclude = [this](const std::string& host, const std::string&) {
      excluded_.insert(host);
      return noting_;
    };
    book_.include = [this](const std::string& host) {
      excluded_.erase(host);
      return noting_;
    };
    begin(1);
  }

  static AttemptFailed crash() { return {{Failure::Kind::exit, 3, "exit status 3", ""}}; }
  // Two trials crash in a row on a node of another job, while one of this job's goes on; what its gateway gets then.
  Messages crash_two(Group& group) {
    const TrialJob own = join().trials[0];
    crashed_ = {trial_of(exchange(group)).spec.id};
    group.link.send(1, Report{crashed_[0], 1, crash()});
    crashed_.push_back(trial_of(exchange(group)).spec.id);
    report(own, CheckpointSaved{{own.spec.id, 1, 1, "file", "hash", 1}});
    group.link.send(1, Report{crashed_[1], 1, crash()});
    group.link.poll(now_);
    code_ = step();
    linked_->poll();
    return got(group);
  }

  std::set<std::string> excluded_;
  Status noting_;
  std::vector<TrialId> crashed_;
  std::optional<ExitCode> code_;
};

TEST_F(CoordinatorNodesTest, OneThatFailsTrialAfterTrialIsExcludedNamedAndSentAway) {
  const auto group = join_group("far", 1);

  EXPECT_EQ(crash_two(*group), (Messages{{1, Shutdown{}}}));

  EXPECT_EQ(excluded_, std::set<std::string>{"far"});
  for (const TrialId& trial : crashed_) {
    EXPECT_EQ(store_.trial(trial)->row.crashes, 0);
    EXPECT_EQ(store_.trial(trial)->row.state, TrialState::pending);
  }
  const auto names_it = [](const std::string& line) {
    return line.find(R"("node":"far")") != std::string::npos && line.find("node_excluded") != std::string::npos &&
           line.find("2 trials in a row failed there, last: ") != std::string::npos;
  };
  EXPECT_TRUE(std::ranges::any_of(CoordinatorFixture::lines_, names_it));
}

TEST_F(CoordinatorNodesTest, ABookThatCannotBeWrittenEndsTheRun) {
  const auto group = join_group("far", 1);
  noting_ = Error{ErrorCode::no_space, "no space"};
  crash_two(*group);

  EXPECT_EQ(code_, std::nullopt);
  EXPECT_EQ(step(), ExitCode::internal);
}

TEST_F(CoordinatorNodesTest, PeopleExcludeAndTakeBackWhileItRuns) {
  excluded_ = {"far"};
  now_ += 2s;
  join();
  const auto group = join_group("far", 1);
  EXPECT_EQ(exchange(*group), (Messages{{1, Shutdown{}}}));

  excluded_.clear();
  now_ += 2s;
  Group again(lines_, "again", 1);
  again.link.send(1, Hello{"far", 1, {0}, "cpu"});

  EXPECT_FALSE(trial_of(exchange(again)).spec.id.hex.empty());
}

}  // namespace
}  // namespace mer::orchestrator
