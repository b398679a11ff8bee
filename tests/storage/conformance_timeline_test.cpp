// What every ResultReader answers of a sweep's timeline.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/storage/conformance.hpp"

namespace mer::storage::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kSubmitted = 1000;  // by submission_of()

Claim claim_at(const TrialId& trial, int attempt, double at, int worker = 1, const std::string& group = "") {
  return {trial, attempt, worker, "node-" + std::to_string(worker), at, group};
}

Recorded recorded_at(const TrialId& trial, int attempt, AttemptEvent event, double at,
                     TrialState after = TrialState::pending) {
  return {Report{trial, attempt, std::move(event)}, after, false, at};
}

AttemptFailed killed() {
  return {{Failure::Kind::signal, 9, "killed by signal 9", ""}};
}

using Brief = std::tuple<int, int, std::string>;  // fold, attempt, outcome

std::vector<Brief> brief(const Result<Timeline>& timeline) {
  EXPECT_TRUE(timeline.ok());
  std::vector<Brief> all;
  for (const TimelineEntry& entry : timeline->entries) all.emplace_back(entry.fold, entry.attempt, entry.outcome);
  return all;
}

const Shape kOneGroup = {.configurations = 1, .folds = 3};

TEST_P(StoreConformance, ATimelineHasEveryAttemptByItsStartAndWhatWaitsLast) {
  const SweepId sweep = submit(kOneGroup);
  commit({claim_at(trial_of(0, 2), 1, 1010), claim_at(trial_of(0, 0), 1, 1020, 2),
          recorded_at(trial_of(0, 0), 1, killed(), 1030), claim_at(trial_of(0, 0), 2, 1040, 1),
          recorded_at(trial_of(0, 2), 1, finished_of(8), 1050)});

  const auto timeline = reader_.timeline(sweep, 0, 0);

  EXPECT_THAT(brief(timeline), ElementsAre(Brief(2, 1, "finished"), Brief(0, 1, "failed"), Brief(0, 2, "running"),
                                           Brief(1, 0, "pending")));
  EXPECT_EQ(timeline->total, 4);
}

TEST_P(StoreConformance, AnEntrySaysWhereAndWhenAndWhatItWaitedSince) {
  const SweepId sweep = submit(kOneGroup);
  const TrialId trial = trial_of(0, 0);
  AttemptStarted resumed;
  resumed.resumed_epoch = 3;
  commit({claim_at(trial, 1, 1020, 2, "gpu-job"), recorded_at(trial, 1, killed(), 1030), claim_at(trial, 2, 1040),
          recorded_at(trial, 2, resumed, 1041)});

  const auto entries = reader_.timeline(sweep, 0, 2).value().entries;

  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0], (TimelineEntry{trial, 0, 0, 0, 1, 2, "node-2", "gpu-job", kSubmitted, 1020, 1030, "failed", 0,
                                       "killed by signal 9"}));
  EXPECT_EQ(entries[1],
            (TimelineEntry{trial, 0, 0, 0, 2, 1, "node-1", "", 1030, 1040, std::nullopt, "running", 3, ""}));
}

TEST_P(StoreConformance, ATrialWithoutAResultSaysWhyInItsTimeline) {
  const SweepId sweep = submit(kOneGroup);
  commit({claim_at(trial_of(0, 0), 1, 1010), recorded_at(trial_of(0, 0), 1, AttemptDiverged{2, 7, "total"}, 1020)});
  ASSERT_TRUE(writer_.control({.verb = ControlVerb::cancel, .trials = {trial_of(0, 1)}, .at = 1030}).ok());

  const auto timeline = reader_.timeline(sweep, 0, 0);

  EXPECT_THAT(brief(timeline), ElementsAre(Brief(0, 1, "diverged"), Brief(1, 0, "cancelled"), Brief(2, 0, "pending")));
  EXPECT_EQ(timeline->entries[0].message, detail(trial_of(0, 0)).row.message);
  EXPECT_EQ(timeline->entries[1].message, "cancelled");
  EXPECT_EQ(timeline->entries[2].queued_at, kSubmitted);
  EXPECT_FALSE(timeline->entries[2].started_at.has_value());
}

TEST_P(StoreConformance, ATimelineComesInParts) {
  const SweepId sweep = submit(kOneGroup);
  for (int fold = 0; fold < 3; ++fold) commit({claim_at(trial_of(0, fold), 1, 1010 + fold)});

  EXPECT_THAT(brief(reader_.timeline(sweep, 1, 1)), ElementsAre(Brief(1, 1, "running")));
  EXPECT_EQ(reader_.timeline(sweep, 1, 1)->total, 3);
  EXPECT_THAT(brief(reader_.timeline(sweep, 2, 5)), ElementsAre(Brief(2, 1, "running")));
  EXPECT_THAT(brief(reader_.timeline(sweep, 9, 0)), IsEmpty());
  EXPECT_EQ(reader_.timeline(SweepId{9}, 0, 0).error().code, ErrorCode::not_found);
}

TEST_P(StoreConformance, AResultFromBeforeTheSweepIsNotOfItsTimeline) {
  submit(kOneGroup);
  AttemptStarted started;
  started.environment.code_version = submission_of(kOneGroup).code_version;
  commit({claim_at(trial_of(0, 0), 1, 900), recorded_at(trial_of(0, 0), 1, started, 901),
          recorded_at(trial_of(0, 0), 1, finished_of(8), 950), claim_at(trial_of(0, 1), 1, 990)});
  const SweepId later = submit({.name = "later", .configurations = 1, .folds = 2});

  const auto timeline = reader_.timeline(later, 0, 0);

  EXPECT_THAT(brief(timeline), ElementsAre(Brief(1, 1, "running")));
  EXPECT_EQ(timeline->entries[0].queued_at, std::nullopt) << "it began before the submission";
}

}  // namespace
}  // namespace mer::storage::test
