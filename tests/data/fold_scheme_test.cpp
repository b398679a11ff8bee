#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "data/fold.hpp"
#include "data/natural_order.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Rows = std::vector<std::uint32_t>;

// MSP-Improv's structure: 12 speakers F01 ... M06 in 6 sessions of two.
const Corpus& improv() {
  static const Corpus corpus = paired_corpus(6);
  return corpus;
}

FoldSettings settings_of(FoldSchemeKind scheme, ValidationKind validation = ValidationKind::none) {
  FoldSettings settings;
  settings.scheme = scheme;
  settings.validation = validation;
  settings.validation_fraction = validation == ValidationKind::dialogues ? 0.2 : 0.0;
  return settings;
}

FoldPlan plan(const Corpus& corpus, const FoldSettings& settings) {
  auto result = plan_folds(corpus, settings);
  EXPECT_TRUE(result) << result.error().message;
  return result ? *result : FoldPlan{};
}

std::string plan_error(const Corpus& corpus, const FoldSettings& settings) {
  const auto result = plan_folds(corpus, settings);
  return result ? "planned" : result.error().message;
}

const Fold& named(const FoldPlan& plan, const std::string& name) {
  const auto found = std::ranges::find(plan.folds, name, &Fold::name);
  EXPECT_NE(found, plan.folds.end()) << name;
  return found == plan.folds.end() ? plan.folds.front() : *found;
}

std::vector<std::string> names(const FoldPlan& plan) {
  std::vector<std::string> all;
  for (const Fold& fold : plan.folds) all.push_back(fold.name);
  return all;
}

std::set<std::string> all_speakers_but(const Corpus& corpus, const std::set<std::string>& left_out) {
  std::set<std::string> speakers;
  for (const Utterance& utterance : corpus.utterances) {
    if (!left_out.contains(utterance.speaker)) speakers.insert(utterance.speaker);
  }
  return speakers;
}

void expect_disjoint_speakers(const Corpus& corpus, const Rows& a, const Rows& b) {
  const auto of_a = speakers_of(corpus, a), of_b = speakers_of(corpus, b);
  std::vector<std::string> both;
  std::ranges::set_intersection(of_a, of_b, std::back_inserter(both));
  EXPECT_THAT(both, IsEmpty());
}

// --- what holds for every scheme, validation and context ---

void expect_sound(const Corpus& corpus, const Fold& fold, bool drawn) {
  EXPECT_FALSE(fold.train.empty());
  EXPECT_FALSE(fold.test.empty());
  Rows all;
  for (const Rows* part : {&fold.train, &fold.validation, &fold.test}) {
    EXPECT_TRUE(std::ranges::is_sorted(*part));
    all.insert(all.end(), part->begin(), part->end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());  // no row in two parts
  EXPECT_EQ(all.size(), corpus.utterances.size());        // no row in no part
  expect_disjoint_speakers(corpus, fold.train, fold.test);
  expect_disjoint_speakers(corpus, fold.validation, fold.test);
  if (!drawn) expect_disjoint_speakers(corpus, fold.train, fold.validation);

  const auto copy = fold_from_json(fold_to_json(fold, corpus), corpus);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(*copy, fold);
}

void expect_context_of_own_part(const Corpus& corpus, const Fold& fold) {
  for (const Rows* part : {&fold.train, &fold.validation, &fold.test}) {
    Rows seen;
    for (const PartDialogue& dialogue : dialogues_of(corpus, fold, *part)) {
      EXPECT_TRUE(std::ranges::all_of(dialogue.scored, [](bool scored) { return scored; }));
      seen.insert(seen.end(), dialogue.rows.begin(), dialogue.rows.end());
    }
    std::ranges::sort(seen);
    EXPECT_EQ(seen, *part);
  }
}

TEST(FoldPropertyTest, NoSchemeLeaksAndEverySpeakerIsTested) {
  using enum FoldSchemeKind;
  using enum ValidationKind;
  for (const FoldSchemeKind scheme : {session_holdout, session, speaker, speaker_pairs}) {
    for (const ValidationKind validation : {none, partner, next_session, dialogues}) {
      const bool by_session = scheme == session || scheme == session_holdout;
      if (validation == partner && by_session) continue;
      SCOPED_TRACE(to_string(scheme) + " " + to_string(validation));
      const FoldPlan planned = plan(improv(), settings_of(scheme, validation));
      std::map<std::string, int> tested;
      std::set<FoldId> ids;
      for (const Fold& fold : planned.folds) {
        expect_sound(improv(), fold, validation == dialogues);
        expect_context_of_own_part(improv(), fold);
        EXPECT_EQ(fold.validation.empty(), validation == none);
        EXPECT_EQ(fold.shares_speakers, validation == dialogues);
        for (const std::string& name : speakers_of(improv(), fold.test)) ++tested[name];
        ids.insert(fold.id);
      }
      EXPECT_EQ(ids.size(), planned.folds.size());
      if (scheme == session_holdout) continue;
      EXPECT_EQ(tested.size(), 12U);
      for (const auto& [name, times] : tested) EXPECT_EQ(times, scheme == speaker_pairs ? 2 : 1) << name;
    }
  }
}

// --- docs/folds.md's worked examples on 12 speakers ---

TEST(FoldSchemeTest, SpeakerTrainsOnEveryoneElse) {
  const FoldPlan planned = plan(improv(), settings_of(FoldSchemeKind::speaker));

  EXPECT_THAT(names(planned),
              ElementsAre("speaker-F01", "speaker-F02", "speaker-F03", "speaker-F04", "speaker-F05", "speaker-F06",
                          "speaker-M01", "speaker-M02", "speaker-M03", "speaker-M04", "speaker-M05", "speaker-M06"));
  const Fold& fold = named(planned, "speaker-F03");
  EXPECT_THAT(speakers_of(improv(), fold.test), ElementsAre("F03"));
  EXPECT_EQ(speakers_of(improv(), fold.train), all_speakers_but(improv(), {"F03"}));
  EXPECT_TRUE(fold.shares_dialogues);  // M03's turns of the tested dialogues are training material
}

TEST(FoldSchemeTest, PartnerLeavesTraining) {
  const FoldPlan planned = plan(improv(), settings_of(FoldSchemeKind::speaker, ValidationKind::partner));

  const Fold& fold = named(planned, "speaker-F03");
  EXPECT_THAT(speakers_of(improv(), fold.validation), ElementsAre("M03"));
  EXPECT_EQ(speakers_of(improv(), fold.train), all_speakers_but(improv(), {"F03", "M03"}));
  EXPECT_TRUE(fold.shares_dialogues);
  EXPECT_THAT(planned.warnings,
              ElementsAre(HasSubstr("\"partner\": the validation part shares dialogues with the test part")));
}

TEST(FoldSchemeTest, NextSessionGoesRound) {
  const FoldPlan planned = plan(improv(), settings_of(FoldSchemeKind::speaker, ValidationKind::next_session));

  EXPECT_THAT(speakers_of(improv(), named(planned, "speaker-F03").validation), ElementsAre("F04", "M04"));
  EXPECT_EQ(speakers_of(improv(), named(planned, "speaker-F03").train),
            all_speakers_but(improv(), {"F03", "F04", "M04"}));
  EXPECT_THAT(speakers_of(improv(), named(planned, "speaker-M06").validation), ElementsAre("F01", "M01"));
}

TEST(FoldSchemeTest, SpeakerPairsAreCyclicOverSortedSpeakers) {
  const FoldPlan planned = plan(improv(), settings_of(FoldSchemeKind::speaker_pairs));

  EXPECT_THAT(names(planned), ElementsAre("pair-F01-F02", "pair-F02-F03", "pair-F03-F04", "pair-F04-F05",
                                          "pair-F05-F06", "pair-F06-M01", "pair-M01-M02", "pair-M02-M03",
                                          "pair-M03-M04", "pair-M04-M05", "pair-M05-M06", "pair-M06-F01"));
  const Fold& last = planned.folds.back();
  EXPECT_THAT(speakers_of(improv(), last.test), ElementsAre("F01", "M06"));
  EXPECT_EQ(speakers_of(improv(), last.train), all_speakers_but(improv(), {"F01", "M06"}));
  EXPECT_THAT(planned.warnings, ElementsAre(HasSubstr("test parts overlap")));
}

TEST(FoldSchemeTest, SpeakerPairsTakeBothPartnersOrTheSessionAfterBoth) {
  const FoldPlan partner = plan(improv(), settings_of(FoldSchemeKind::speaker_pairs, ValidationKind::partner));
  const FoldPlan next = plan(improv(), settings_of(FoldSchemeKind::speaker_pairs, ValidationKind::next_session));

  EXPECT_THAT(speakers_of(improv(), named(partner, "pair-F03-F04").validation), ElementsAre("M03", "M04"));
  EXPECT_EQ(speakers_of(improv(), named(partner, "pair-F03-F04").train).size(), 8U);
  EXPECT_THAT(speakers_of(improv(), named(next, "pair-F03-F04").validation), ElementsAre("F05", "M05"));
  EXPECT_THAT(speakers_of(improv(), named(next, "pair-F06-M01").validation), ElementsAre("F02", "M02"));
}

TEST(FoldSchemeTest, SessionTestsBothSpeakers) {
  const FoldPlan planned = plan(improv(), settings_of(FoldSchemeKind::session, ValidationKind::next_session));

  EXPECT_THAT(names(planned),
              ElementsAre("session-1", "session-2", "session-3", "session-4", "session-5", "session-6"));
  const Fold& fold = named(planned, "session-3");
  EXPECT_THAT(speakers_of(improv(), fold.test), ElementsAre("F03", "M03"));
  EXPECT_THAT(speakers_of(improv(), fold.validation), ElementsAre("F04", "M04"));
  EXPECT_FALSE(fold.shares_dialogues);
  EXPECT_THAT(planned.warnings, IsEmpty());
}

TEST(FoldSchemeTest, SessionHoldoutTestsTheLastSessionOrTheNamedOne) {
  const Corpus ten = paired_corpus(10);
  FoldSettings settings = settings_of(FoldSchemeKind::session_holdout);

  EXPECT_THAT(names(plan(ten, settings)), ElementsAre("session-10"));  // not "9", the last as text
  settings.test = "2";
  EXPECT_THAT(names(plan(ten, settings)), ElementsAre("session-2"));
  settings.test = "11";
  EXPECT_THAT(plan_error(ten, settings), HasSubstr("/folds/test: no session \"11\", the corpus has \"1\", \"2\""));
}

TEST(FoldSchemeTest, NaturalOrderComparesNumbers) {
  const NaturalLess less;
  for (const auto& [a, b] : {std::pair{"2", "10"},
                             {"S2a", "S10"},
                             {"F06", "M01"},
                             {"1", "1a"},
                             {"", "0"},
                             {"01", "1"},
                             {"a9b10", "a9b11"},
                             {"99999999999999999998", "99999999999999999999"}}) {
    EXPECT_TRUE(less(a, b)) << a << " " << b;
    EXPECT_FALSE(less(b, a)) << b << " " << a;
  }
  EXPECT_FALSE(less("7", "7"));
}

// --- a share of the dialogues ---

TEST(FoldSchemeTest, DrawnDialoguesAreWholeAndAsManyAsAsked) {
  const FoldPlan planned = plan(improv(), settings_of(FoldSchemeKind::session, ValidationKind::dialogues));

  for (const Fold& fold : planned.folds) {
    EXPECT_EQ(dialogues_of(improv(), fold, fold.validation).size(), 3U);  // 0.2 of 15
    EXPECT_EQ(fold.validation.size(), 18U);
    EXPECT_FALSE(fold.shares_dialogues);
  }
}

TEST(FoldSchemeTest, DrawDependsOnTheSeedAlone) {
  FoldSettings settings = settings_of(FoldSchemeKind::session, ValidationKind::dialogues);
  const FoldPlan first = plan(improv(), settings), again = plan(improv(), settings);
  settings.seed = 1;
  const FoldPlan other = plan(improv(), settings);

  EXPECT_EQ(first.folds, again.folds);
  EXPECT_NE(first.folds, other.folds);
}

TEST(FoldSchemeTest, SmallAndLargeSharesLeaveBothPartsSomething) {
  FoldSettings settings = settings_of(FoldSchemeKind::session, ValidationKind::dialogues);
  settings.validation_fraction = 1e-9;
  EXPECT_EQ(plan(improv(), settings).folds[0].validation.size(), 6U);
  settings.validation_fraction = 0.999;
  EXPECT_EQ(plan(improv(), settings).folds[0].train.size(), 6U);
  for (const double impossible : {0.0, 1.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    settings.validation_fraction = impossible;
    EXPECT_THAT(plan_error(improv(), settings), HasSubstr("expected a share above 0 and below 1"));
  }
}

// --- what cannot be ---

TEST(FoldSchemeTest, ImpossibleValidationSaysWhy) {
  using enum FoldSchemeKind;
  EXPECT_THAT(plan_error(improv(), settings_of(session, ValidationKind::partner)),
              HasSubstr("fold \"session-1\": \"partner\" needs sessions of two speakers, one of them tested; session "
                        "\"1\" has 2 speakers, 2 tested"));
  EXPECT_THAT(plan_error(paired_corpus(2), settings_of(session, ValidationKind::next_session)),
              HasSubstr("fold \"session-1\": no utterance is left to train on"));
  EXPECT_THAT(plan_error(paired_corpus(1), settings_of(session)), HasSubstr("no utterance is left to train on"));
  EXPECT_THAT(plan_error(paired_corpus(1), settings_of(speaker, ValidationKind::next_session)),
              HasSubstr("needs a session that is not tested"));
  EXPECT_THAT(plan_error(paired_corpus(1), settings_of(speaker_pairs)), HasSubstr("needs 3 speakers or more"));
}

TEST(FoldSchemeTest, SpeakerInTwoSessionsIsALeakBetweenSessions) {
  Corpus corpus = paired_corpus(3);
  for (Utterance& utterance : corpus.utterances) {
    if (utterance.speaker == "M03") utterance.speaker = "F01";
  }

  EXPECT_THAT(plan_error(corpus, settings_of(FoldSchemeKind::session)),
              HasSubstr("fold \"session-1\": speaker \"F01\" stands in train and test: results would not be"));
  EXPECT_EQ(plan(corpus, settings_of(FoldSchemeKind::speaker)).folds.size(), 5U);
}

TEST(FoldSchemeTest, ClassMissingFromAPartIsAWarning) {
  Corpus corpus = paired_corpus(3);
  for (Utterance& utterance : corpus.utterances) {
    if (utterance.session == "2" && utterance.label == 3) utterance.label = 0;
  }

  EXPECT_THAT(plan(corpus, settings_of(FoldSchemeKind::session)).warnings,
              ElementsAre("fold \"session-2\": no utterance of class \"angry\" in the test part"));
}

TEST(FoldSchemeTest, FullContextIsSaidAloud) {
  FoldSettings settings = settings_of(FoldSchemeKind::speaker);
  settings.context = FoldContext::full;

  EXPECT_THAT(plan(improv(), settings).warnings, ElementsAre(HasSubstr("context \"full\": dialogues are not cut")));
}

// --- explicit files ---

class ExplicitFoldTest : public testing::Test {
 protected:
  FoldSettings with(const std::string& text, ValidationKind validation = ValidationKind::none) {
    write_bytes(folder_.file("folds.json"), text);
    FoldSettings settings = settings_of(FoldSchemeKind::explicit_file, validation);
    settings.file = folder_.file("folds.json");
    return settings;
  }

  TemporaryFolder folder_;
};

TEST_F(ExplicitFoldTest, RestIsTrainingUnlessListed) {
  const FoldPlan planned = plan(improv(), with(R"({"format":1,"folds":[
      {"name":"a","test":{"speakers":["F01","M01"]},"validation":{"speakers":["F02"]}},
      {"name":"b","test":{"utterances":["S03d0t0","S03d0t2"]},"train":{"speakers":["F01","F02","M03"]}}]})"));

  EXPECT_THAT(names(planned), ElementsAre("a", "b"));
  EXPECT_THAT(speakers_of(improv(), planned.folds[0].validation), ElementsAre("F02"));
  EXPECT_EQ(speakers_of(improv(), planned.folds[0].train), all_speakers_but(improv(), {"F01", "M01", "F02"}));
  EXPECT_EQ(planned.folds[1].test.size(), 2U);
  EXPECT_THAT(speakers_of(improv(), planned.folds[1].train), ElementsAre("F01", "F02", "M03"));
}

TEST_F(ExplicitFoldTest, ValidationRuleAppliesWhereNoneIsListed) {
  const FoldPlan planned = plan(
      improv(), with(R"({"format":1,"folds":[{"name":"a","test":{"speakers":["F01"]}}]})", ValidationKind::partner));

  EXPECT_THAT(speakers_of(improv(), planned.folds[0].validation), ElementsAre("M01"));
  EXPECT_THAT(plan_error(improv(), with(R"({"format":1,"folds":[{"name":"a","test":{"speakers":["F01"]},
                                            "validation":{"speakers":["F05"]}}]})",
                                        ValidationKind::partner)),
              HasSubstr("fold \"a\": the fold file lists a validation part already"));
}

TEST_F(ExplicitFoldTest, SameSplitHasTheSameHashAsTheScheme) {
  const FoldPlan listed = plan(improv(), with(R"({"format":1,"folds":[{"name":"mine","test":{"speakers":["F03"]}}]})"));

  EXPECT_EQ(listed.folds[0].id, named(plan(improv(), settings_of(FoldSchemeKind::speaker)), "speaker-F03").id);
}

TEST_F(ExplicitFoldTest, SharedSpeakersMustBeSaidAloud) {
  const std::string fold = R"("name":"a","test":{"utterances":["S01d0t0"]})";

  EXPECT_THAT(plan_error(improv(), with(R"({"format":1,"folds":[{)" + fold + "}]}")),
              HasSubstr("speaker \"F01\" stands in train and test"));
  const FoldPlan allowed = plan(improv(), with(R"({"format":1,"folds":[{"may_share_speakers":true,)" + fold + "}]}"));
  EXPECT_TRUE(allowed.folds[0].shares_speakers);
}

TEST_F(ExplicitFoldTest, ErrorsNameFilePointerAndValue) {
  const struct {
    const char *text, *message;
  } cases[] = {
      {"[]", "folds.json: found [], expected {\"format\": 1"},
      {R"({"format":2,"folds":[]})", "/format: found 2, expected 1"},
      {R"({"format":1,"folds":[]})", "/folds: found [], expected a list of one fold or more"},
      {R"({"format":1,"folds":[3]})", "/folds/0: found 3"},
      {R"({"format":1,"folds":[{"test":{"speakers":["F01"]}}]})", "/folds/0/name: found null"},
      {R"({"format":1,"folds":[{"name":"a"}]})", "/folds/0/test: found null, expected {\"speakers\": [...]} or"},
      {R"({"format":1,"folds":[{"name":"a","test":{"speakers":[]}}]})", "/folds/0/test/speakers: found [], expected"},
      {R"({"format":1,"folds":[{"name":"a","test":{"speakers":["F01","X9"]}}]})",
       "/folds/0/test/speakers/1: found \"X9\", expected one of the corpus's speaker ids"},
      {R"({"format":1,"folds":[{"name":"a","test":{"utterances":["F01"]}}]})",
       "/folds/0/test/utterances/0: found \"F01\", expected one of the corpus's utterance ids"},
      {R"({"format":1,"folds":[{"name":"a","test":{"speakers":["F01","F01"]}}]})", "expected each speaker once"},
      {R"({"format":1,"folds":[{"name":"a","test":{"sessions":["1"]}}]})", "/folds/0/test: found {\"sessions\""},
      {R"({"format":1,"folds":[{"name":"a","test":{"speakers":["F01"]}},{"name":"a","test":{"speakers":["F02"]}}]})",
       "/folds/1/name: found \"a\", expected each name once"},
      {R"({"format":1,"folds":[{"name":"a","tests":{"speakers":["F01"]}}]})", "/folds/0: unknown key \"tests\""},
      {R"({"format":1,"folds":[{"name":"a","test":{"speakers":["F01"]},"train":{"speakers":["F01"]}}]})",
       "fold \"a\": utterance \"S01d0t0\" stands in train and in test"},
      {R"({"format":1,"folds":[{"name":"a","test":{"speakers":["F01"]},"may_share_speakers":1}]})",
       "/folds/0/may_share_speakers: found 1"},
  };
  for (const auto& bad : cases) EXPECT_THAT(plan_error(improv(), with(bad.text)), HasSubstr(bad.message));

  FoldSettings absent = settings_of(FoldSchemeKind::explicit_file);
  absent.file = folder_.file("absent.json");
  EXPECT_EQ(plan_folds(improv(), absent).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace mer::data
