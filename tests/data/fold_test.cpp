#include "data/fold.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/safetensors.hpp"
#include "tests/data/data_support.hpp"

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FoldPlan speaker_folds(const Corpus& corpus, FoldContext context = FoldContext::own) {
  FoldSettings settings;
  settings.scheme = FoldSchemeKind::speaker;
  settings.validation = ValidationKind::partner;
  settings.context = context;
  return plan_folds(corpus, settings).value();
}

// A trial's identity hangs on this value: it may change only with a new store format.
TEST(FoldTest, HashIsAConstant) {
  const Corpus corpus = paired_corpus(6);

  EXPECT_EQ(speaker_folds(corpus).folds[0].id.hex, "5dc80c873a1e0b34037aff823058776c");
}

TEST(FoldTest, HashCoversContextAndParts) {
  const Corpus corpus = paired_corpus(6);
  FoldSettings without_validation;
  without_validation.scheme = FoldSchemeKind::speaker;

  const FoldId own = speaker_folds(corpus).folds[0].id;

  EXPECT_NE(own, speaker_folds(corpus, FoldContext::full).folds[0].id);
  EXPECT_NE(own, plan_folds(corpus, without_validation)->folds[0].id);
}

TEST(FoldTest, JsonFindsTheSameUtterancesInAReorderedCopy) {
  const Corpus corpus = paired_corpus(6);
  const Fold fold = speaker_folds(corpus).folds[2];
  Corpus copy = corpus;
  std::ranges::stable_sort(copy.utterances, std::greater(), &Utterance::session);
  copy.dialogues = group_dialogues(copy.utterances);

  const auto read = fold_from_json(fold_to_json(fold, corpus), copy);

  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->id, fold.id);
  EXPECT_NE(read->test, fold.test);
  EXPECT_THAT(speakers_of(copy, read->test), ElementsAre("F03"));
}

TEST(FoldTest, SpoiledJsonIsCorrupt) {
  const Corpus corpus = paired_corpus(6);
  const Fold fold = speaker_folds(corpus).folds[0];
  const std::string whole = fold_to_json(fold, corpus);
  const struct {
    const char *from, *to, *message;
  } cases[] = {
      {"\"own\"", "\"full\"", "does not fit the content"},
      {"\"own\"", "\"other\"", "context is \"other\", expected \"own\" or \"full\""},
      {"\"S01d0t0\",", "", "does not fit the content"},
      {"\"S01d0t0\"", "\"S09d0t0\"", "names utterance \"S09d0t0\", which the corpus lacks"},
      {"\"S01d0t0\"", "17", "names utterance 17"},
      {"\"format\": 1", "\"format\": 2", "expected {\"format\": 1"},
      {"\"validation\"", "\"valid\"", "/validation is not a list"},
      {"\"train\"", "\"test\"", "stands twice"},
  };
  for (const auto& spoil : cases) {
    std::string text = whole;
    ASSERT_NE(text.find(spoil.from), std::string::npos) << spoil.from;
    text.replace(text.find(spoil.from), std::string(spoil.from).size(), spoil.to);

    const auto read = fold_from_json(text, corpus);

    ASSERT_FALSE(read) << spoil.to;
    EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    EXPECT_THAT(read.error().message, HasSubstr(spoil.message));
  }
  EXPECT_EQ(fold_from_json(whole.substr(0, whole.size() / 2), corpus).error().code, ErrorCode::corrupt);
}

TEST(FoldTest, OwnContextCutsDialoguesToThePart) {
  const Corpus corpus = paired_corpus(6);
  const Fold fold = speaker_folds(corpus).folds[0];

  const auto dialogues = dialogues_of(corpus, fold, fold.test);

  ASSERT_EQ(dialogues.size(), 3U);
  EXPECT_THAT(dialogues[0].rows, ElementsAre(0, 2, 4));  // F01's turns
  EXPECT_THAT(dialogues[0].scored, ElementsAre(true, true, true));
}

TEST(FoldTest, FullContextKeepsDialoguesAndScoresThePart) {
  const Corpus corpus = paired_corpus(6);
  const Fold fold = speaker_folds(corpus, FoldContext::full).folds[0];

  const auto dialogues = dialogues_of(corpus, fold, fold.test);

  ASSERT_EQ(dialogues.size(), 3U);
  EXPECT_THAT(dialogues[0].rows, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(dialogues[0].scored, ElementsAre(true, false, true, false, true, false));
}

TEST(FoldTest, AnUnlabelledTurnIsContextOfItsSpeakersPart) {
  Corpus corpus = paired_corpus(6);
  corpus.utterances[2].label = kNoLabel;  // of F01, in the first dialogue
  for (const int row : {12, 14, 16}) corpus.utterances[std::size_t(row)].label = kNoLabel;  // all of F01's third
  const Fold fold = speaker_folds(corpus).folds[0];

  const auto dialogues = dialogues_of(corpus, fold, fold.test);

  ASSERT_EQ(dialogues.size(), 2U);  // nothing of the third would be scored
  EXPECT_THAT(dialogues[0].rows, ElementsAre(0, 2, 4));
  EXPECT_THAT(dialogues[0].scored, ElementsAre(true, false, true));
  EXPECT_THAT(labelled(corpus, fold.test), ElementsAre(0, 4, 6, 8, 10));
  EXPECT_EQ(fold.id, speaker_folds(paired_corpus(6)).folds[0].id);  // the parts are the same
}

TEST(FoldTest, APartWithoutLabelsIsRefused) {
  Corpus corpus = paired_corpus(6);
  for (Utterance& utterance : corpus.utterances) {
    if (utterance.speaker == "F01") utterance.label = kNoLabel;
  }
  FoldSettings settings;
  settings.scheme = FoldSchemeKind::speaker;

  EXPECT_THAT(plan_folds(corpus, settings).error().message, HasSubstr("no utterance is left to test on"));
}

// Golden file: tools/oracles/make_standardiser.py, scikit-learn's StandardScaler on columns of many kinds.
TEST(StandardiserTest, EqualsScikitLearn) {
  const auto file = SafetensorsFile::open(golden("standardiser.safetensors"));
  ASSERT_TRUE(file) << file.error().message;
  const auto read = [&](const char* name, auto zero) {
    const TensorView tensor = *file->find(name);
    std::vector<decltype(zero)> values(tensor.bytes.size() / sizeof(zero));
    std::ranges::copy(tensor.bytes, std::as_writable_bytes(std::span(values)).begin());
    return values;
  };
  const auto mean = read("mean", 0.0), scale = read("scale", 0.0);
  const FeatureMatrix features = matrix("audio", int(mean.size()), read("features", 0.0F));
  std::vector<std::uint32_t> rows;
  for (const std::int64_t row : read("rows", std::int64_t{0})) rows.push_back(std::uint32_t(row));

  const Standardiser fitted = fit_standardiser(features, rows);

  ASSERT_EQ(fitted.mean.size(), mean.size());
  for (std::size_t i = 0; i < mean.size(); ++i) {
    EXPECT_NEAR(fitted.mean[i], mean[i], 1e-12 * (std::abs(mean[i]) + scale[i])) << "column " << i;
    EXPECT_NEAR(fitted.scale[i], scale[i], 1e-9 * scale[i]) << "column " << i;
  }
}

TEST(StandardiserTest, OneRowIsConstant) {
  const Standardiser fitted = fit_standardiser(matrix("audio", 2, {1, 2, 3, 4}), {1});

  EXPECT_THAT(fitted.mean, ElementsAre(3, 4));
  EXPECT_THAT(fitted.scale, ElementsAre(1, 1));
}

}  // namespace
}  // namespace mer::data
