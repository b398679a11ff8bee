#include "worker/agent.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace mer::worker {
namespace {

using namespace std::chrono_literals;

TrialJob trial_job(const std::string& id, int attempt = 1) {
  TrialJob job;
  job.spec.id.hex = id;
  job.attempt = attempt;
  return job;
}

TrialJob other_shape(const std::string& id) {
  TrialJob job = trial_job(id);
  job.spec.model.hidden = 200;
  return job;
}

StackJob job_of(std::vector<TrialJob> trials) {
  StackJob job;
  job.store = "/store";
  job.trials = std::move(trials);
  return job;
}

// Drives an agent and sorts what it does.
class AgentTest : public ::testing::Test {
 protected:
  AgentTest() : agent_(Hello{"host", 1, {0}, "cpu"}) {}

  void feed(const AgentEvent& event) {
    for (AgentEffect& effect : agent_.on(event, now_)) {
      if (auto* send = std::get_if<Send>(&effect)) {
        if (!std::holds_alternative<Beat>(send->message)) sent_.push_back(send->message);
        const auto* beat = std::get_if<Beat>(&send->message);
        beats_ += beat != nullptr ? 1 : 0;
        if (beat != nullptr) told_use_ = beat->use;
      }
      if (auto* spawn = std::get_if<SpawnChild>(&effect)) spawned_.push_back(spawn->job);
      if (auto* members = std::get_if<SendMembers>(&effect)) to_members_.push_back(members->message);
      if (auto* leader = std::get_if<SendLeader>(&effect)) to_leader_.push_back(leader->message);
      if (auto* join = std::get_if<JoinChild>(&effect)) joined_.push_back(join->job);
      if (auto* write = std::get_if<WriteChild>(&effect)) written_.push_back(write->message);
      if (std::holds_alternative<KillChild>(effect)) ++kills_;
      if (auto* exit = std::get_if<Exit>(&effect)) exits_.push_back(exit->code);
    }
  }
  void assign(std::vector<TrialJob> trials) { feed(FromCoordinator{Assign{job_of(std::move(trials))}}); }
  void report(const std::string& id, AttemptEvent event, int attempt = 1) {
    feed(FromChild{Report{{id}, attempt, std::move(event)}});
  }
  // Time goes by in steps of a second, the coordinator and (if it speaks) the child beating.
  void pass(Duration time, bool child_beats, std::uint64_t steps_per_second = 0) {
    for (const TimePoint end = now_ + time; now_ < end;) {
      now_ += 1s;
      steps_ += steps_per_second;
      feed(FromCoordinator{Beat{}});
      if (child_beats) feed(FromChild{Beat{steps_}});
      feed(Tick{});
    }
  }
  Failure failure_in(const Message& message) {
    const auto* sent = std::get_if<Report>(&message);
    const auto* failed = sent == nullptr ? nullptr : std::get_if<AttemptFailed>(&sent->event);
    EXPECT_NE(failed, nullptr) << "the last message is no failure";
    return failed == nullptr ? Failure{} : failed->failure;
  }

  Agent agent_;
  TimePoint now_{};
  std::uint64_t steps_ = 0;
  std::vector<Message> sent_;  // without beats
  std::vector<Message> to_members_, to_leader_;
  int beats_ = 0;
  ResourceUse told_use_;  // with the last beat
  std::vector<StackJob> spawned_;
  std::vector<StackJob> joined_;
  std::vector<Message> written_;
  int kills_ = 0;
  std::vector<ExitCode> exits_;
};

TEST_F(AgentTest, SaysHelloOnceAndBeatsEachSecond) {
  pass(10s, false);

  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<Hello>(sent_[0]));
  EXPECT_EQ(beats_, 10);
}

TEST_F(AgentTest, AssignmentSpawnsAChild) {
  assign({trial_job("a")});

  ASSERT_EQ(spawned_.size(), 1U);
  EXPECT_EQ(spawned_[0].trials, (std::vector<TrialJob>{trial_job("a")}));
  EXPECT_TRUE(agent_.busy());
}

TEST_F(AgentTest, RelaysReportsOfItsOwnAttemptsOnly) {
  assign({trial_job("a", 2)});

  report("a", AttemptStarted{}, 2);
  report("a", AttemptStarted{}, 1);
  report("b", AttemptStarted{}, 2);

  ASSERT_EQ(sent_.size(), 2U);
  EXPECT_EQ(sent_[1], Message(Report{{"a"}, 2, AttemptStarted{}}));
}

TEST_F(AgentTest, ATrainerWithoutTrialsWaitsAWhileAndIsToldToLeave) {
  assign({trial_job("a")});
  pass(5s, true, 10);
  report("a", AttemptFinished{});
  pass(10s, true);
  EXPECT_TRUE(written_.empty());
  EXPECT_TRUE(agent_.busy());

  pass(5s, true);
  feed(ChildExited{});
  pass(100s, false);

  EXPECT_EQ(written_, (std::vector<Message>{Shutdown{}}));
  EXPECT_EQ(sent_.size(), 2U);  // Hello, finished
  EXPECT_FALSE(agent_.busy());
  EXPECT_EQ(kills_, 0);
}

TEST_F(AgentTest, AnAssignmentThatComesTwiceRunsOnce) {
  assign({trial_job("a"), trial_job("b")});
  assign({trial_job("a"), trial_job("b")});
  EXPECT_TRUE(joined_.empty());

  report("a", AttemptFinished{});
  assign({trial_job("a"), trial_job("c")});  // with one that is new
  ASSERT_EQ(joined_.size(), 1U);
  ASSERT_EQ(joined_[0].trials.size(), 1U);
  EXPECT_EQ(joined_[0].trials[0].spec.id.hex, "c");

  assign({trial_job("a", 2)});
  EXPECT_EQ(joined_.size(), 2U);
  EXPECT_EQ(spawned_.size(), 1U);
}

TEST_F(AgentTest, TrialsOfTheSameShapeJoinTheTrainer) {
  assign({trial_job("a")});
  pass(5s, true, 10);
  assign({trial_job("b")});
  report("a", AttemptFinished{});
  report("b", AttemptFinished{});
  pass(8s, true);
  assign({trial_job("c", 3)});
  pass(50s, true);  // a first step after a long wait is no hang
  report("c", AttemptStarted{}, 3);

  EXPECT_EQ(spawned_.size(), 1U);
  ASSERT_EQ(joined_.size(), 2U);
  EXPECT_EQ(joined_[1].trials, (std::vector<TrialJob>{trial_job("c", 3)}));
  EXPECT_EQ(sent_.back(), Message(Report{{"c"}, 3, AttemptStarted{}}));
  EXPECT_EQ(kills_, 0);
}

TEST_F(AgentTest, ATrialThatJoinedFailsWithTheOthers) {
  assign({trial_job("a")});
  assign({trial_job("b"), trial_job("c")});
  report("a", AttemptFinished{});
  feed(ChildExited{true, SIGSEGV, false, ""});

  ASSERT_EQ(sent_.size(), 4U);  // Hello, finished, two failures
  EXPECT_EQ(std::get<Report>(sent_[3]).trial.hex, "c");
  EXPECT_EQ(std::get<AttemptFailed>(std::get<Report>(sent_[3]).event).stack, 2);
}

TEST_F(AgentTest, ATrainerOfAnotherShapeIsToldToLeaveFirst) {
  assign({trial_job("a")});
  report("a", AttemptFinished{});
  const TrialJob wide = other_shape("b");
  assign({wide});
  EXPECT_EQ(written_, (std::vector<Message>{Shutdown{}}));
  EXPECT_EQ(spawned_.size(), 1U);
  assign({trial_job("c")});

  feed(ChildExited{});
  ASSERT_EQ(spawned_.size(), 2U);
  EXPECT_EQ(spawned_[1].trials, (std::vector<TrialJob>{wide, trial_job("c")}));  // nothing that came is lost
}

TEST_F(AgentTest, WhatJoinsATrainerThatIsBeingKilledGoesToTheNextOne) {
  assign({trial_job("a")});
  feed(ChildBroken{"bad CBOR"});
  assign({trial_job("b")});
  EXPECT_TRUE(joined_.empty());

  feed(ChildExited{true, SIGKILL, false, ""});
  ASSERT_EQ(spawned_.size(), 2U);
  EXPECT_EQ(spawned_[1].trials, (std::vector<TrialJob>{trial_job("b")}));
}

TEST_F(AgentTest, TheTrainersCapacityIsPassedOn) {
  assign({trial_job("a")});
  feed(FromChild{Capacity{4}});

  EXPECT_EQ(sent_.back(), Message(Capacity{4}));
}

TEST_F(AgentTest, ShortOfMemoryIsAKindOfItsOwn) {
  assign({trial_job("a"), trial_job("b")});
  feed(ChildExited{false, int(ExitCode::no_memory), false, ""});

  EXPECT_EQ(failure_in(sent_.back()).kind, Failure::Kind::memory);
  EXPECT_EQ(failure_in(sent_.back()).message, "trainer ran out of memory");
}

TEST_F(AgentTest, CrashFailsEveryOpenTrialOfTheStackOnce) {
  assign({trial_job("a"), trial_job("b"), trial_job("c")});
  report("b", AttemptFinished{});
  feed(ChildExited{true, SIGSEGV, false, "last words"});

  ASSERT_EQ(sent_.size(), 4U);
  EXPECT_EQ(std::get<Report>(sent_[2]).trial.hex, "a");
  EXPECT_EQ(std::get<Report>(sent_[3]).trial.hex, "c");
  const Failure failure = failure_in(sent_[2]);
  EXPECT_EQ(failure.kind, Failure::Kind::signal);
  EXPECT_EQ(failure.code, SIGSEGV);
  EXPECT_EQ(failure.log_tail, "last words");
}

TEST_F(AgentTest, ExitStatusIsKept) {
  assign({trial_job("a")});
  feed(ChildExited{false, 3, false, ""});

  const Failure failure = failure_in(sent_.back());
  EXPECT_EQ(failure.kind, Failure::Kind::exit);
  EXPECT_EQ(failure.code, 3);
  EXPECT_EQ(failure.message, "trainer exited with status 3");
}

TEST_F(AgentTest, EndInTheMiddleOfAMessageIsSaid) {
  assign({trial_job("a")});
  feed(ChildExited{false, 0, true, ""});

  EXPECT_EQ(failure_in(sent_.back()).message, "trainer left without a result, in the middle of a message");
}

TEST_F(AgentTest, TrainerThatCannotStartIsAFailure) {
  assign({trial_job("a")});
  feed(ChildNotStarted{"cannot run /x"});

  EXPECT_EQ(failure_in(sent_.back()).kind, Failure::Kind::start);
  EXPECT_FALSE(agent_.busy());
}

TEST_F(AgentTest, StoppedProcessIsKilledWithinTenSeconds) {
  assign({trial_job("a")});
  pass(5s, true, 10);
  pass(8s, false);
  EXPECT_EQ(kills_, 0);

  pass(1s, false);
  EXPECT_EQ(kills_, 1);
  pass(5s, false);
  EXPECT_EQ(kills_, 1);  // once

  feed(ChildExited{true, SIGKILL, false, ""});
  EXPECT_EQ(failure_in(sent_.back()).kind, Failure::Kind::hang);
}

TEST_F(AgentTest, StuckTrainingThreadIsKilledAfterAMinute) {
  assign({trial_job("a")});
  pass(5s, true, 10);
  pass(60s, true);
  EXPECT_EQ(kills_, 0);

  pass(2s, true);
  EXPECT_EQ(kills_, 1);
}

TEST_F(AgentTest, SlowStepsGetTwentyTimesTheirMedian) {
  assign({trial_job("a")});
  for (int step = 0; step < 5; ++step) {  // a step takes 10 s
    pass(9s, true);
    pass(1s, true, 1);
  }
  pass(195s, true);
  EXPECT_EQ(kills_, 0);

  pass(10s, true);
  EXPECT_EQ(kills_, 1);
}

TEST_F(AgentTest, LoadingACorpusIsNotAHang) {
  assign({trial_job("a")});
  pass(300s, true);

  EXPECT_EQ(kills_, 0);
}

TEST_F(AgentTest, TrainerThatSaysNothingAtAllIsKilled) {
  assign({trial_job("a")});
  pass(60s, false);
  EXPECT_EQ(kills_, 0);

  pass(2s, false);
  EXPECT_EQ(kills_, 1);
}

TEST_F(AgentTest, TrainerThatDoesNotLeaveIsKilledWithoutAFailure) {
  assign({trial_job("a")});
  report("a", AttemptFinished{});
  assign({other_shape("b")});
  pass(12s, true, 1);
  EXPECT_EQ(kills_, 1);

  feed(ChildExited{true, SIGKILL, false, ""});
  EXPECT_EQ(sent_.size(), 2U);  // Hello, finished
  EXPECT_EQ(spawned_.size(), 2U);
}

TEST_F(AgentTest, BytesThatAreNoMessageKillTheTrainer) {
  assign({trial_job("a")});
  feed(ChildBroken{"bad CBOR"});
  EXPECT_EQ(kills_, 1);

  feed(ChildExited{true, SIGKILL, false, ""});
  EXPECT_EQ(failure_in(sent_.back()).message, "trainer sent bytes that are not a message: bad CBOR");
}

TEST_F(AgentTest, StopGoesToTheTrainer) {
  assign({trial_job("a")});
  feed(FromCoordinator{StopTrials{}});

  EXPECT_EQ(written_, (std::vector<Message>{StopTrials{}}));
}

TEST_F(AgentTest, StopOfAStackThatHasNotBegunIsAnsweredHere) {
  assign({trial_job("a")});
  report("a", AttemptFinished{});
  assign({other_shape("b")});
  feed(FromCoordinator{StopTrials{}});
  feed(ChildExited{});

  EXPECT_EQ(sent_.back(), Message(Report{{"b"}, 1, AttemptStopped{0}}));
  EXPECT_EQ(spawned_.size(), 1U);
}

TEST_F(AgentTest, ShutdownLeavesAtOnce) {
  assign({trial_job("a")});
  feed(FromCoordinator{Shutdown{}});
  feed(Tick{});

  EXPECT_EQ(exits_, std::vector<ExitCode>{ExitCode::done});
}

TEST_F(AgentTest, SilentCoordinatorEndsTheAgentAsAnOrphan) {
  assign({trial_job("a")});
  for (int second = 0; second < 30; ++second) {
    now_ += 1s;
    feed(FromChild{Beat{1}});
    feed(Tick{});
  }
  EXPECT_TRUE(exits_.empty());

  now_ += 1s;
  feed(Tick{});
  EXPECT_EQ(exits_, std::vector<ExitCode>{ExitCode::orphaned});
}

TEST_F(AgentTest, EachBeatTellsWhatWasMeasuredLastAndWhatTheTrainerSaysOfItsGpu) {
  pass(1s, false);
  EXPECT_EQ(told_use_, ResourceUse()) << "nothing has been measured";

  feed(Measured{{0.01, 1000, std::nullopt, std::nullopt}});
  assign({trial_job("a")});
  pass(1s, false);
  EXPECT_EQ(told_use_, (ResourceUse{0.01, 1000, std::nullopt, std::nullopt}));

  feed(Measured{{1.9, 5000, std::nullopt, std::nullopt}});
  feed(FromChild{Beat{1, {std::nullopt, std::nullopt, 3000, 80}}});
  pass(2s, false);
  EXPECT_EQ(told_use_, (ResourceUse{1.9, 5000, 3000, 80}));

  report("a", AttemptFinished{});
  feed(ChildExited{});
  pass(1s, false);
  EXPECT_EQ(told_use_, (ResourceUse{1.9, 5000, std::nullopt, std::nullopt})) << "no trainer, no GPU";
}

TEST_F(AgentTest, TrialsThatMissTheirTrainerGoToTheNextOne) {
  assign({trial_job("a")});
  assign({trial_job("b")});
  report("a", AttemptFailed{});
  feed(ChildExited{});

  ASSERT_EQ(spawned_.size(), 2U);
  EXPECT_EQ(spawned_[1].trials, (std::vector<TrialJob>{trial_job("b")}));
  EXPECT_EQ(sent_.size(), 2U) << "Hello, and the end of a";
}

TEST_F(AgentTest, ATrialThatIsStoppedBeforeItsTrainerKnowsItIsNotBegun) {
  assign({trial_job("a")});
  assign({trial_job("b"), trial_job("c")});
  report("a", AttemptFinished{});
  feed(FromCoordinator{StopTrials{{{"b"}}}});
  feed(ChildExited{});

  EXPECT_EQ(sent_.back(), Message(Report{{"b"}, 1, AttemptStopped{0}}));
  ASSERT_EQ(spawned_.size(), 2U);
  EXPECT_EQ(spawned_[1].trials, (std::vector<TrialJob>{trial_job("c")}));
}

TEST_F(AgentTest, ATrialThatHasBegunHasNotMissedItsTrainer) {
  assign({trial_job("a")});
  assign({trial_job("b")});
  report("a", AttemptFinished{});
  report("b", AttemptStarted{});
  feed(ChildExited{});

  EXPECT_EQ(spawned_.size(), 1U);
  const auto* const last = std::get_if<Report>(&sent_.back());
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->trial.hex, "b");
  EXPECT_TRUE(std::holds_alternative<AttemptFailed>(last->event));
}

// --- gangs ---

StackJob gang_job(std::vector<TrialJob> trials) {
  StackJob job = job_of(std::move(trials));
  job.gang = 2;
  return job;
}

const Failure kOutOfMemory{Failure::Kind::memory, 0, "out of memory", "last lines"};

TEST_F(AgentTest, ALeaderStartsItsGangAndTellsWhichOneItIs) {
  feed(FromCoordinator{Assign{gang_job({trial_job("a")})}});
  report("a", AttemptFinished{});
  feed(ChildExited{});
  feed(FromCoordinator{Assign{gang_job({trial_job("b")})}});

  ASSERT_EQ(spawned_.size(), 2U);
  ASSERT_EQ(to_members_.size(), 3U);
  EXPECT_EQ(to_members_[0], Message(GangStart{1, gang_job({trial_job("a")})}));
  EXPECT_EQ(std::get<GangEnd>(to_members_[1]).number, 1);
  EXPECT_EQ(to_members_[2], Message(GangStart{2, gang_job({trial_job("b")})}));
}

TEST_F(AgentTest, WithoutAGangNobodyElseIsTold) {
  assign({trial_job("a")});
  feed(ChildExited{true, SIGSEGV, false, ""});
  EXPECT_TRUE(to_members_.empty());
  EXPECT_TRUE(to_leader_.empty());
}

TEST_F(AgentTest, TrialsThatJoinALeaderAreNoNewGang) {
  feed(FromCoordinator{Assign{gang_job({trial_job("a")})}});
  feed(FromCoordinator{Assign{gang_job({trial_job("b")})}});
  EXPECT_EQ(joined_.size(), 1U);
  EXPECT_EQ(to_members_.size(), 1U);
}

TEST_F(AgentTest, ALeaderWhoseChildDiesEndsItsGang) {
  feed(FromCoordinator{Assign{gang_job({trial_job("a")})}});
  feed(ChildExited{true, SIGSEGV, false, ""});

  ASSERT_EQ(to_members_.size(), 2U);
  EXPECT_EQ(std::get<GangEnd>(to_members_[1]).number, 1);
  EXPECT_EQ(failure_in(sent_.back()).code, SIGSEGV);
}

TEST_F(AgentTest, ALeaderWhoseChildCannotStartEndsItsGang) {
  feed(FromCoordinator{Assign{gang_job({trial_job("a")})}});
  feed(ChildNotStarted{"no such program"});

  ASSERT_EQ(to_members_.size(), 2U);
  EXPECT_EQ(std::get<GangEnd>(to_members_[1]).failure.message, "no such program");
  EXPECT_EQ(failure_in(sent_.back()).kind, Failure::Kind::start);
}

TEST_F(AgentTest, ALostMemberCostsTheLeadersTrialsWithItsReason) {
  feed(FromCoordinator{Assign{gang_job({trial_job("a"), trial_job("b")})}});
  feed(FromPeer{2, GangEnd{1, kOutOfMemory}});
  ASSERT_EQ(kills_, 1);
  feed(ChildExited{true, SIGKILL, false, ""});

  const Failure failure = failure_in(sent_.back());
  EXPECT_EQ(failure.kind, Failure::Kind::memory);
  EXPECT_EQ(failure.message, "worker 2 of the gang: out of memory");
  EXPECT_EQ(std::get<AttemptFailed>(std::get<Report>(sent_.back()).event).stack, 2);
}

TEST_F(AgentTest, AMemberOfAnEarlierGangIsNotMissed) {
  feed(FromCoordinator{Assign{gang_job({trial_job("a")})}});
  feed(ChildExited{true, SIGSEGV, false, ""});
  feed(FromCoordinator{Assign{gang_job({trial_job("a", 2)})}});
  feed(FromPeer{2, GangEnd{1, kOutOfMemory}});
  EXPECT_EQ(kills_, 0);
}

TEST_F(AgentTest, AMemberRunsATrainerAndReportsNothing) {
  feed(FromPeer{1, GangStart{1, gang_job({trial_job("a")})}});
  ASSERT_EQ(spawned_.size(), 1U);
  report("a", AttemptStarted{});
  feed(FromChild{Capacity{4}});
  pass(3600s, true);  // it may have nothing to do for as long as it lives
  EXPECT_EQ(kills_, 0);
  EXPECT_TRUE(written_.empty());
  feed(ChildExited{});

  EXPECT_EQ(sent_.size(), 1U);  // Hello
  EXPECT_TRUE(to_leader_.empty());
}

TEST_F(AgentTest, AMemberTellsItsLeaderThatItsTrainerDied) {
  feed(FromPeer{1, GangStart{7, gang_job({trial_job("a")})}});
  feed(ChildExited{false, 3, false, "last lines"});

  ASSERT_EQ(to_leader_.size(), 1U);
  const auto& end = std::get<GangEnd>(to_leader_[0]);
  EXPECT_EQ(end.number, 7);
  EXPECT_EQ(end.failure.message, "trainer exited with status 3");
  EXPECT_EQ(end.failure.log_tail, "last lines");
  EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(AgentTest, AMemberTellsItsLeaderThatItsTrainerHangs) {
  feed(FromPeer{1, GangStart{1, gang_job({trial_job("a")})}});
  feed(FromChild{Beat{}});
  pass(20s, false);
  ASSERT_EQ(kills_, 1);
  feed(ChildExited{true, SIGKILL, false, ""});

  ASSERT_EQ(to_leader_.size(), 1U);
  EXPECT_EQ(std::get<GangEnd>(to_leader_[0]).failure.kind, Failure::Kind::hang);
}

TEST_F(AgentTest, AMemberThatItsLeaderEndsSaysNothing) {
  feed(FromPeer{1, GangStart{1, gang_job({trial_job("a")})}});
  feed(FromPeer{1, GangEnd{1, kOutOfMemory}});
  ASSERT_EQ(kills_, 1);
  feed(ChildExited{true, SIGKILL, false, ""});
  EXPECT_TRUE(to_leader_.empty());
}

TEST_F(AgentTest, AGangThatIsStartedTwiceOrAfterItsEndIsStartedOnceOrNotAtAll) {
  const GangStart second{2, gang_job({trial_job("a")})};
  feed(FromPeer{1, second});
  feed(FromPeer{1, second});
  feed(FromPeer{1, GangStart{1, gang_job({trial_job("a")})}});
  EXPECT_EQ(kills_, 0);
  ASSERT_EQ(spawned_.size(), 1U);
  feed(ChildExited{});
  feed(FromPeer{1, second});

  feed(FromPeer{1, GangEnd{3, kOutOfMemory}});  // has overtaken its start
  feed(FromPeer{1, GangStart{3, gang_job({trial_job("a")})}});
  EXPECT_EQ(spawned_.size(), 1U);

  feed(FromPeer{1, GangStart{4, gang_job({trial_job("a")})}});
  EXPECT_EQ(spawned_.size(), 2U);
}

TEST_F(AgentTest, TheNextGangWaitsUntilTheTrainerOfTheLastOneIsGone) {
  feed(FromPeer{1, GangStart{1, gang_job({trial_job("a")})}});
  feed(FromPeer{1, GangStart{2, gang_job({trial_job("b")})}});
  EXPECT_EQ(kills_, 1);
  EXPECT_EQ(spawned_.size(), 1U);
  feed(ChildExited{true, SIGKILL, false, ""});

  ASSERT_EQ(spawned_.size(), 2U);
  EXPECT_EQ(spawned_[1].trials, (std::vector<TrialJob>{trial_job("b")}));
  EXPECT_TRUE(to_leader_.empty());
}

TEST_F(AgentTest, AGangThatEndsBeforeItBeginsIsNotBegun) {
  feed(FromPeer{1, GangStart{1, gang_job({trial_job("a")})}});
  feed(FromPeer{1, GangStart{2, gang_job({trial_job("b")})}});
  feed(FromPeer{1, GangEnd{2, kOutOfMemory}});
  feed(ChildExited{true, SIGKILL, false, ""});
  EXPECT_EQ(spawned_.size(), 1U);
  EXPECT_FALSE(agent_.busy());
}

}  // namespace
}  // namespace mer::worker
