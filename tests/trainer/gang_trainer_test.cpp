// Gangs of trainers, as threads of this process, against one trainer on the same trials, in float64.
#include <algorithm>
#include <gtest/gtest.h>
#include <mutex>

#include "tests/model/thread_gang.hpp"
#include "tests/trainer/alike.hpp"
#include "tests/trainer/tiny_study.hpp"
#include "worker/trainer/round.hpp"

namespace mer::trainer {
namespace {

// A gang on one job; what its leader reports is kept, and `at` may ask the leader for stops and joins.
class GangRun {
 public:
  GangRun(int size, const StackJob& job, const std::function<void(const Report&, Requests&)>& at = {})
      : sink([this, at](const Report& report) {
          if (at) at(report, requests_);
        }) {
    requests_.add(Shutdown());
    model::run_gang(size, [&](Gang& gang) { run_member(gang, job); });
  }

  RecordingSink sink;     // the leader's
  RecordingSink members;  // of all others
  StackOutcome outcome;   // the leader's

 private:
  void run_member(Gang& gang, StackJob job) {
    job.gang = gang.size();
    job.gang_rank = gang.rank();
    std::atomic<std::uint64_t> steps = 0;
    Requests none;  // nobody ends it but its leader
    const bool leader = gang.rank() == 0;
    const auto ended =
        run_job(job, leader ? sink : members, leader ? requests_ : none, steps, gpu_of_this_process(), &gang);
    const std::lock_guard lock(mutex_);
    if (leader) outcome = ended.value();
    EXPECT_GT(steps, 0U) << "member " << gang.rank() << " made no step";
  }

  Requests requests_;
  std::mutex mutex_;
};

class GangTrainer : public testing::TestWithParam<int> {};

TEST_P(GangTrainer, GivesOneTrainersNumbersToTrialsThatJoinAndLeave) {
  const TinyStudy study;
  StackJob job = study.job(five_trials(study));
  job.slots = 3;
  job.record_representations = true;

  const GangRun run(GetParam(), job);

  EXPECT_EQ(run.outcome.finished, 5);
  EXPECT_TRUE(run.members.reports.empty());
  for (const TrialJob& trial : job.trials) expect_alike(study, run.sink, trial);
}

// More members than dialogues: some have none of a batch.
TEST_P(GangTrainer, TakesBatchesOfOneDialogue) {
  const TinyStudy study;
  StackJob job = study.job({five_trials(study)[0]});
  job.trials[0].spec.train.batch_dialogues = 1;
  job.trials[0].spec.id = trial_id_of(job.trials[0].spec);
  job.record_representations = true;

  const GangRun run(GetParam(), job);

  EXPECT_EQ(run.outcome.finished, 1);
  expect_alike(study, run.sink, job.trials[0]);
}

TEST_P(GangTrainer, TrialsJoinWhileItRuns) {
  const TinyStudy study;
  const std::vector<TrialJob> trials = five_trials(study);
  StackJob job = study.job({trials.begin(), trials.begin() + 2});
  job.slots = 0;  // as many as pay
  job.record_representations = true;
  bool joined = false;

  const GangRun run(GetParam(), job, [&](const Report& report, Requests& requests) {
    if (joined || !std::holds_alternative<EpochDone>(report.event)) return;
    joined = true;
    requests.add(Assign{study.job({trials.begin() + 2, trials.end()})});
  });

  EXPECT_EQ(run.outcome.finished, 5);
  for (const TrialJob& trial : trials) expect_alike(study, run.sink, trial);
}

TEST_P(GangTrainer, StopsAndGoesOnFromItsCheckpoints) {
  const TinyStudy study;
  StackJob job = study.job(five_trials(study));
  job.slots = 2;
  job.record_representations = true;
  TrialJob again = job.trials[0];
  again.attempt = 2;

  const GangRun run(GetParam(), job, [&](const Report& report, Requests& requests) {
    if (report.trial != again.spec.id) return;
    if (const auto* saved = std::get_if<CheckpointSaved>(&report.event)) {
      again.resume.insert(again.resume.begin(), saved->checkpoint);
      if (report.attempt == 1 && saved->checkpoint.epoch == 1) requests.add(StopTrials{{again.spec.id}});
    }
    if (std::holds_alternative<AttemptStopped>(report.event)) requests.add(Assign{study.job({again})});
  });

  EXPECT_EQ(run.outcome.stopped, 1);
  EXPECT_EQ(run.outcome.finished, 5);
  const auto started = run.sink.events<AttemptStarted>(again.spec.id);
  ASSERT_EQ(started.size(), 2U);
  EXPECT_GT(started[1].resumed_epoch, 0);
  for (const TrialJob& trial : job.trials) expect_alike(study, run.sink, trial);
}

INSTANTIATE_TEST_SUITE_P(Sizes, GangTrainer, testing::Values(2, 3),
                         [](const auto& size) { return "Of" + std::to_string(size.param); });

TEST(GangTrainerTest, ACheckpointThatOnlyTheLeaderRefusesIsPassedOverByAll) {
  const TinyStudy study;
  TrialJob trial = five_trials(study)[0];
  const GangRun first(2, study.job({trial}));
  const auto saved = first.sink.events<CheckpointSaved>(trial.spec.id);
  ASSERT_EQ(saved.size(), 2U);
  trial.attempt = 2;
  trial.resume = {saved[1].checkpoint, saved[0].checkpoint};
  trial.resume[0].sha256 = std::string(64, '0');

  const GangRun second(2, study.job({trial}));

  const auto started = second.sink.events<AttemptStarted>(trial.spec.id);
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].resumed_epoch, 1);
  EXPECT_EQ(started[0].refused_checkpoints.size(), 1U);
  EXPECT_EQ(numbers_of(second.sink, trial.spec.id).weights, numbers_of(first.sink, trial.spec.id).weights);
}

TEST(GangTrainerTest, ADivergedTrialEndsInAllMembers) {
  const TinyStudy study;
  std::vector<TrialJob> trials = five_trials(study);
  trials[0].spec.train.dtype = trials[1].spec.train.dtype = Dtype::float32;
  trials[0].spec.train.learning_rate = 1e20;
  const StackJob job = study.job({trials[0], trials[1]});

  const GangRun run(2, job);

  EXPECT_EQ(run.outcome.diverged, 1);
  EXPECT_EQ(run.outcome.finished, 1);
}

TEST(GangTrainerTest, SaysOnWhatItTrained) {
  const TinyStudy study;
  const StackJob job = study.job({study.trial(1)});
  const GangRun run(2, job);
  EXPECT_EQ(run.sink.events<AttemptStarted>(job.trials[0].spec.id).at(0).environment.device, "2 x cpu");
}

// What one member cannot do, none does.
TEST(GangTrainerTest, AnErrorOfOneMemberIsTheTrialsWithItsReason) {
  const TinyStudy study;
  const StackJob job = study.job({study.trial(1)});
  RecordingSink sink, unheard;
  model::run_gang(2, [&](Gang& gang) {
    StackJob own = job;
    own.gang = 2;
    own.gang_rank = gang.rank();
    if (gang.rank() == 1) own.corpus_path = "/not/there";
    std::atomic<std::uint64_t> steps = 0;
    Requests requests;
    requests.add(Shutdown());
    (void)run_job(own, gang.rank() == 0 ? sink : unheard, requests, steps, gpu_of_this_process(), &gang);
  });
  const auto failed = sink.events<AttemptFailed>(job.trials[0].spec.id);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_NE(failed[0].failure.message.find("/not/there"), std::string::npos);
  EXPECT_TRUE(unheard.reports.empty());
}

TEST(RoundTest, EveryMemberHasTheLeaders) {
  const TinyStudy study;
  Round full;
  full.joining = {study.trial(1), study.trial(2)};
  full.stops = StopTrials{{study.trial(3).spec.id}};
  full.trials = 7;
  full.ends = true;
  Round all_stop;
  all_stop.stops.emplace();
  model::run_gang(3, [&](Gang& gang) {
    for (const Round& round : {full, Round(), all_stop}) {
      const auto found = leaders_round(&gang, gang.rank() == 0 ? round : full);
      ASSERT_TRUE(found.ok());
      EXPECT_EQ(*found, round);
    }
  });
}

}  // namespace
}  // namespace mer::trainer
