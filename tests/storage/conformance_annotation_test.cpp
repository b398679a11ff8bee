// What people write on sweeps and trials.
#include "tests/storage/conformance.hpp"

namespace mer::storage::test {
namespace {

using Words = std::vector<std::string>;

const TrialId kTrial = trial_of(0, 0);
const TrialId kOther = trial_of(0, 1);

class StoreAnnotation : public StoreConformance {
 protected:
  Annotation write(const Control& control) {
    const Result<Controlled> controlled = writer_.control(control);
    EXPECT_TRUE(controlled.ok()) << (controlled ? "" : controlled.error().message);
    if (!controlled) return {};
    EXPECT_TRUE(controlled->trials.empty());
    EXPECT_TRUE(controlled->sweeps.empty());
    return controlled->annotation;
  }
  Annotation of(SweepId sweep) {
    const Annotation annotation = reader_.sweep(sweep).value().summary.annotation;
    for (const SweepSummary& summary : reader_.sweeps().value()) {
      EXPECT_TRUE(summary.id != sweep || summary.annotation == annotation);
    }
    return annotation;
  }
  Annotation of(const TrialId& trial) { return detail(trial).row.annotation; }
  std::int64_t annotated(SweepId sweep) { return reader_.sweep(sweep).value().summary.annotated; }
  void tag(const TrialId& trial, const Words& tags) {
    write({.verb = ControlVerb::tag, .trials = {trial}, .tags = tags});
  }
};

TEST_P(StoreAnnotation, ANoteIsWrittenReplacedAndRemoved) {
  const SweepId id = submit();
  EXPECT_EQ(of(id), Annotation());

  EXPECT_EQ(write({.verb = ControlVerb::note, .sweep = id, .note = "one\ntwo"}).note, "one\ntwo");
  EXPECT_EQ(of(id), (Annotation{"one\ntwo", {}}));
  write({.verb = ControlVerb::note, .sweep = id, .note = "three"});
  EXPECT_EQ(of(id).note, "three");
  write({.verb = ControlVerb::note, .sweep = id});
  EXPECT_EQ(of(id), Annotation());
}

TEST_P(StoreAnnotation, TagsAreGivenAndTakenAwayAndTheNoteStays) {
  const SweepId id = submit();
  write({.verb = ControlVerb::note, .sweep = id, .note = "x"});

  EXPECT_EQ(write({.verb = ControlVerb::tag, .sweep = id, .tags = {"b", "a"}}).tags, (Words{"a", "b"}));
  write({.verb = ControlVerb::tag, .sweep = id, .tags = {"a"}});
  EXPECT_EQ(of(id), (Annotation{"x", {"a", "b"}}));
  write({.verb = ControlVerb::untag, .sweep = id, .tags = {"a", "never"}});
  EXPECT_EQ(of(id), (Annotation{"x", {"b"}}));
  write({.verb = ControlVerb::untag, .sweep = id, .tags = {"b"}});
  EXPECT_EQ(of(id), (Annotation{"x", {}}));
}

TEST_P(StoreAnnotation, TrialsHaveTheirOwn) {
  const SweepId id = submit();

  EXPECT_EQ(write({.verb = ControlVerb::tag, .trials = {kTrial, kOther}, .tags = {"odd"}}).tags, Words{"odd"});
  write({.verb = ControlVerb::note, .trials = {kOther}, .note = "why?"});

  EXPECT_EQ(of(kTrial), (Annotation{"", {"odd"}}));
  EXPECT_EQ(of(kOther), (Annotation{"why?", {"odd"}}));
  EXPECT_EQ(of(id), Annotation());
  const std::vector<TrialRow> rows = reader_.trials(id).value();
  EXPECT_EQ(rows[0].annotation, of(kTrial));
  EXPECT_EQ(rows[1].annotation, of(kOther));
  EXPECT_EQ(rows[2].annotation, Annotation());
}

TEST_P(StoreAnnotation, OfASweepDecidesNothing) {
  const SweepId id = submit();
  ASSERT_TRUE(writer_.control({.verb = ControlVerb::pause, .sweep = id}).ok());
  ASSERT_TRUE(writer_.control({.verb = ControlVerb::priority, .sweep = id, .priority = 4}).ok());

  const Controlled controlled = writer_.control({.verb = ControlVerb::note, .sweep = id, .note = "x"}).value();

  EXPECT_EQ(controlled.activity, SweepActivity::paused);
  EXPECT_EQ(controlled.priority, 4);
  EXPECT_EQ(reader_.sweep(id)->summary.activity, SweepActivity::paused);
  EXPECT_EQ(reader_.sweep(id)->summary.priority, 4);
}

TEST_P(StoreAnnotation, OutlivesARetryAndALaterSubmission) {
  const SweepId first = submit();
  write({.verb = ControlVerb::note, .sweep = first, .note = "of the first"});
  tag(kTrial, {"odd"});
  finish(kTrial, 8);
  ASSERT_TRUE(writer_.control({.verb = ControlVerb::cancel, .sweep = first}).ok());
  ASSERT_TRUE(writer_.control({.verb = ControlVerb::retry, .sweep = first}).ok());
  EXPECT_EQ(of(kTrial).tags, Words{"odd"});

  Submission fresh = submission_of({});
  fresh.fresh = true;
  const SweepId second = writer_.submit(fresh).value();

  EXPECT_EQ(of(first).note, "of the first");
  EXPECT_EQ(of(second), Annotation());
  EXPECT_EQ(of(kTrial).tags, Words{"odd"});
  EXPECT_EQ(of(superseded(kTrial, 1)).tags, Words{"odd"}) << "the same trial, run before";
  EXPECT_EQ(reader_.trials(first)->front().annotation.tags, Words{"odd"});
}

TEST_P(StoreAnnotation, EverySweepThatShowsItKnowsThatItChanged) {
  const SweepId first = submit(), other = submit({.name = "other"});
  tag(kTrial, {"odd"});
  EXPECT_EQ(annotated(first), 1);
  EXPECT_EQ(annotated(other), 1);
  write({.verb = ControlVerb::note, .sweep = first, .note = "x"});
  EXPECT_EQ(annotated(first), 2);
  EXPECT_EQ(annotated(other), 1);

  finish(kTrial, 8);
  Submission fresh = submission_of({.name = "fresh"});
  fresh.fresh = true;
  const SweepId third = writer_.submit(fresh).value();
  tag(kTrial, {"very"});

  EXPECT_EQ(annotated(first), 3) << "it has the superseded one";
  EXPECT_EQ(annotated(third), 1);
}

TEST_P(StoreAnnotation, WhatIsRefusedChangesNothing) {
  const SweepId id = submit();
  tag(kTrial, {"odd"});
  const std::int64_t version = reader_.data_version().value();
  const auto refusal = [&](const Control& control) { return writer_.control(control).error().code; };
  Words many;
  for (std::size_t i = 0; i < kMostTags; ++i) many.push_back("t" + std::to_string(i));

  EXPECT_EQ(refusal({.verb = ControlVerb::note, .sweep = SweepId{9}, .note = "x"}), ErrorCode::not_found);
  EXPECT_EQ(refusal({.verb = ControlVerb::tag, .trials = {kTrial, {hex_of('0', 1)}}, .tags = {"x"}}),
            ErrorCode::not_found);
  EXPECT_EQ(refusal({.verb = ControlVerb::note, .sweep = id, .note = "\x1b[2J"}), ErrorCode::invalid);
  EXPECT_EQ(refusal({.verb = ControlVerb::tag, .sweep = id, .tags = {"two words"}}), ErrorCode::invalid);
  EXPECT_EQ(refusal({.verb = ControlVerb::tag, .trials = {kTrial}, .tags = many}), ErrorCode::invalid)
      << "one too many";

  EXPECT_EQ(of(kTrial), (Annotation{"", {"odd"}}));
  EXPECT_EQ(of(id), Annotation());
  EXPECT_EQ(reader_.data_version().value(), version);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreAnnotation, testing::Values("Memory", "Sqlite", "SqliteShared"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace mer::storage::test
