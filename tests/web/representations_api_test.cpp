#include "web/representations_api.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/stats/pca.hpp"
#include "core/stats/separation.hpp"
#include "tests/web/demo_store.hpp"

namespace mer::web {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr std::size_t kTested = 120;

// Two modalities: the public ones around the same centre, the unique ones ten apart.
Representations kept(std::size_t utterances = kTested) {
  Representations all;
  all.epoch = test::kEpochs;
  for (std::size_t i = 0; i < utterances; ++i) all.utterances.push_back(std::int64_t(i));
  for (const auto& [space, apart] : {std::pair("public", 0.0), {"unique", 10.0}}) {
    for (const auto& [modality, centre] : {std::pair("audio", 0.0), {"text", apart}}) {
      RepresentationGroup group{modality, space, {3, {}}};
      for (std::size_t i = 0; i < utterances; ++i) {
        const double angle = double(i) * (centre + 1);
        group.points.values.insert(group.points.values.end(), {centre + std::sin(angle), std::cos(angle), 0.1});
      }
      all.groups.push_back(std::move(group));
    }
  }
  return all;
}

class RepresentationsApiTest : public testing::Test {
 protected:
  TrialId trial(std::int64_t sweep, TrialState state) {
    for (const storage::TrialRow& row : store_->trials(SweepId{sweep}).value()) {
      if (row.state == state) return row.id;
    }
    return {};
  }

  Result<std::string> ask(const ProjectionOptions& options = {}) {
    return representations_json(*store_, source_, trial(4, TrialState::done), options);
  }

  json answer(const ProjectionOptions& options = {}) {
    const auto text = ask(options);
    EXPECT_TRUE(text.ok()) << text.error().message;
    return json::parse(*text);
  }

  std::unique_ptr<storage::MemoryStore> store_ = test::make_demo_store();
  RepresentationsOf source_ = [](const TrialId&, int) { return kept(); };
};

TEST_F(RepresentationsApiTest, PointsAreThePrincipalComponentsOfAllGroupsTogether) {
  stats::Points all{3, {}};
  for (const RepresentationGroup& group : kept().groups) {
    all.values.insert(all.values.end(), group.points.values.begin(), group.points.values.end());
  }
  const stats::Pca expected = stats::principal_components(all, 3);

  const json found = answer({.components = 3});

  EXPECT_EQ(found.at("why_not"), "");
  EXPECT_EQ(found.at("method"), "pca");
  EXPECT_EQ(found.at("explained").get<std::vector<double>>(), expected.explained);
  ASSERT_EQ(found.at("groups").size(), 4U);
  EXPECT_EQ(found.at("groups")[2].at("space"), "unique");
  EXPECT_EQ(found.at("groups")[2].at("modality"), "audio");
  ASSERT_EQ(found.at("groups")[2].at("points").size(), kTested);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    EXPECT_EQ(found.at("groups")[2].at("points")[7][axis], expected.projected.at(2 * kTested + 7, axis));
  }
}

TEST_F(RepresentationsApiTest, UtterancesAreThoseOfThePredictions) {
  const TrialId id = trial(4, TrialState::done);
  const auto predictions = store_->predictions(id, SelectionRule::last, Metric::macro_f1).value();

  const json found = answer();

  ASSERT_EQ(found.at("utterances").size(), kTested);
  EXPECT_EQ(found.at("utterances")[119].at("name"), predictions[119].utterance);
  EXPECT_EQ(found.at("utterances")[119].at("truth"), predictions[119].truth);
  EXPECT_EQ(found.at("utterances")[119].at("predicted"), predictions[119].predicted);
  EXPECT_EQ(found.at("labels").size(), 4U);
  EXPECT_EQ(found.at("total"), kTested);
  EXPECT_THAT(found.at("caption").get<std::string>(), HasSubstr("All 120 utterances"));
}

TEST_F(RepresentationsApiTest, MeasuresAreOfTheRepresentationsNotOfThePicture) {
  const Representations all = kept();

  const json found = answer();

  ASSERT_EQ(found.at("spaces").size(), 2U);
  EXPECT_LT(found.at("spaces")[0].at("modality_silhouette"), 0.05);
  EXPECT_GT(found.at("spaces")[1].at("modality_silhouette"), 0.8);
  EXPECT_EQ(found.at("spaces")[1].at("gaps")[0].at("modalities"), json::array({"audio", "text"}));
  EXPECT_EQ(found.at("spaces")[1].at("gaps")[0].at("gap"),
            *stats::gap_between(all.groups[2].points, all.groups[3].points));
  EXPECT_TRUE(found.at("groups")[0].at("class_silhouette").is_number());
}

TEST_F(RepresentationsApiTest, ASampleIsTakenEvenlyAndSaysSo) {
  const json whole = answer(), some = answer({.utterances = 40});

  ASSERT_EQ(some.at("utterances").size(), 40U);
  EXPECT_EQ(some.at("groups")[0].at("points").size(), 40U);
  EXPECT_EQ(some.at("utterances")[0], whole.at("utterances")[0]);
  EXPECT_EQ(some.at("utterances")[39], whole.at("utterances")[117]);
  EXPECT_EQ(some.at("total"), kTested);
  EXPECT_THAT(some.at("caption").get<std::string>(), HasSubstr("40 of the 120 utterances"));
}

TEST_F(RepresentationsApiTest, TsneHasADivergenceInPlaceOfShares) {
  const json found = answer({.method = PlacedBy::tsne, .perplexity = 5, .utterances = 10});

  EXPECT_EQ(found.at("method"), "tsne");
  EXPECT_THAT(found.at("caption").get<std::string>(), HasSubstr("It keeps who is near whom"));
  EXPECT_TRUE(found.at("explained").empty());
  EXPECT_GT(found.at("divergence"), 0.0);
  EXPECT_EQ(found.at("groups")[0].at("points")[0].size(), 2U);
}

TEST_F(RepresentationsApiTest, WhatCannotBeAskedSaysWhatCan) {
  EXPECT_THAT(ask({.method = PlacedBy::tsne, .utterances = 4}).error().message,
              HasSubstr("at most 5, a third of the 15 other"));
  EXPECT_THAT(ask({.components = 4}).error().message, HasSubstr("expected 2 or 3"));
  EXPECT_EQ(ask({.components = 1}).error().code, ErrorCode::invalid);
}

TEST_F(RepresentationsApiTest, TheLargestPerplexityThatIsSaidIsTaken) {
  const auto refused = ask({.method = PlacedBy::tsne, .perplexity = 1e6, .utterances = 30});

  ASSERT_THAT(refused.error().message, HasSubstr("perplexity: 1000000, expected more than 0 and at most 39.6,"));
  EXPECT_TRUE(ask({.method = PlacedBy::tsne, .perplexity = 39.6, .utterances = 30}));
}

TEST_F(RepresentationsApiTest, WhatWasNotKeptIsAnAnswerWithoutPoints) {
  source_ = [](const TrialId&, int) -> Result<Representations> {
    return Error{ErrorCode::not_found, "kept no representations"};
  };

  const json found = answer();

  EXPECT_EQ(found.at("why_not"), "kept no representations");
  EXPECT_TRUE(found.at("groups").empty());
  EXPECT_EQ(found.at("caption"), "");
}

TEST_F(RepresentationsApiTest, ATrialThatIsNotDoneHasNoneYet) {
  const auto text = representations_json(*store_, source_, trial(2, TrialState::running), {});

  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_THAT(json::parse(*text).at("why_not").get<std::string>(), HasSubstr("is running: representations are kept"));
}

TEST_F(RepresentationsApiTest, RepresentationsOfOtherUtterancesAreRefused) {
  source_ = [](const TrialId&, int) { return kept(119); };

  const auto text = ask();

  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, ErrorCode::corrupt);
  EXPECT_THAT(text.error().message, HasSubstr("119 utterances, but predictions of 120"));
}

TEST_F(RepresentationsApiTest, DamageIsAnError) {
  source_ = [](const TrialId&, int) -> Result<Representations> { return Error{ErrorCode::corrupt, "damaged"}; };

  EXPECT_EQ(ask().error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace mer::web
