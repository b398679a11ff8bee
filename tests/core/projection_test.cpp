#include <algorithm>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/stats/pca.hpp"
#include "core/stats/separation.hpp"
#include "core/stats/tsne.hpp"

namespace mer::stats {
namespace {

using nlohmann::json;
using Numbers = std::vector<double>;

// Made by tools/oracles/make_projections.py with scikit-learn.
const json& golden() {
  static const json document = [] {
    std::ifstream file(MER_SOURCE_DIR "/tests/golden/projections.json");
    return json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  }();
  return document;
}

Points points_of(const json& one) {
  return {one.at("width"), one.at("points").get<Numbers>()};
}

std::vector<std::size_t> nearest_to(const Points& points, std::size_t point, std::size_t count) {
  const auto distance = [&](std::size_t other) {
    double sum = 0;
    for (std::size_t i = 0; i < points.width; ++i) sum += std::pow(points.at(point, i) - points.at(other, i), 2);
    return sum;
  };
  std::vector<std::size_t> others(points.count());
  std::iota(others.begin(), others.end(), std::size_t{0});
  others.erase(others.begin() + std::ptrdiff_t(point));
  std::ranges::sort(others, {}, distance);
  others.resize(count);
  std::ranges::sort(others);
  return others;
}

// Share of each point's nearest neighbours that are so in the picture too.
double neighbours_kept(const Points& points, const Points& placed, std::size_t count) {
  std::size_t kept = 0;
  for (std::size_t point = 0; point < points.count(); ++point) {
    const auto before = nearest_to(points, point, count), after = nearest_to(placed, point, count);
    std::vector<std::size_t> both;
    std::ranges::set_intersection(before, after, std::back_inserter(both));
    kept += both.size();
  }
  return double(kept) / double(points.count() * count);
}

TEST(PcaTest, ComponentsTheirSignsAndSharesAreScikitLearns) {
  for (const json& one : golden().at("components")) {
    const auto projected = one.at("projected").get<Numbers>(), explained = one.at("explained").get<Numbers>();

    const Pca pca = principal_components(points_of(one), explained.size());

    ASSERT_EQ(pca.projected.values.size(), projected.size());
    for (std::size_t i = 0; i < projected.size(); ++i) EXPECT_NEAR(pca.projected.values[i], projected[i], 1e-9);
    for (std::size_t i = 0; i < explained.size(); ++i) EXPECT_NEAR(pca.explained[i], explained[i], 1e-9);
  }
}

TEST(PcaTest, PointsThatAreAllTheSameExplainNothing) {
  const Pca pca = principal_components({3, Numbers(12, 0.25)}, 2);

  EXPECT_EQ(pca.projected, (Points{2, Numbers(8, 0.0)}));
  EXPECT_EQ(pca.explained, Numbers(2, 0.0));
  EXPECT_EQ(principal_components({3, {}}, 2).projected.count(), 0U);
}

TEST(SilhouetteTest, IsScikitLearns) {
  for (const json& one : golden().at("components")) {
    const auto found = silhouette(points_of(one), one.at("labels").get<std::vector<int>>());
    ASSERT_TRUE(found);
    EXPECT_NEAR(*found, one.at("silhouette"), 1e-9);
  }
}

TEST(SilhouetteTest, NeedsTwoGroupsAndCountsAGroupOfOneAsZero) {
  const Points line{1, {0, 1, 10}};

  EXPECT_FALSE(silhouette(line, std::vector<int>{2, 2, 2}));
  EXPECT_FALSE(silhouette({1, {}}, std::vector<int>{}));
  EXPECT_NEAR(*silhouette(line, std::vector<int>{0, 0, 3}), ((10 - 1) / 10.0 + (9 - 1) / 9.0) / 3, 1e-12);
  EXPECT_EQ(silhouette({1, {1, 1, 1}}, std::vector<int>{0, 1, 1}), 0.0);
}

TEST(SilhouetteTest, ManyPointsAreCountedInBlocksAsFewAre) {
  Points points{2, {}};
  std::vector<int> groups;
  for (int i = 0; i < 600; ++i) {
    groups.push_back(i % 3 == 0 ? 0 : 1);
    points.values.insert(points.values.end(), {groups.back() * 100.0, 0.0});
  }

  EXPECT_NEAR(*silhouette(points, groups), 1, 1e-12);
}

TEST(GapTest, IsTheDistanceOfTheCentresInUnitsOfTheSpread) {
  const Points around_zero{2, {-1, 0, 1, 0}}, around_six{2, {6, -1, 6, 1}};

  EXPECT_NEAR(*gap_between(around_zero, around_six), 6, 1e-12);
  EXPECT_NEAR(*gap_between(around_zero, around_zero), 0, 1e-12);
  EXPECT_FALSE(gap_between({2, {1, 1}}, {2, {3, 3}}));
  EXPECT_FALSE(gap_between(around_zero, {2, {}}));
}

TEST(TsneTest, StartsFromThePrincipalComponents) {
  for (const json& one : golden().at("tsne")) {
    const auto start = one.at("start").get<Numbers>();
    const Points found = tsne_start(points_of(one));
    ASSERT_EQ(found.values.size(), start.size());
    for (std::size_t i = 0; i < start.size(); ++i) EXPECT_NEAR(found.values[i], start[i], 1e-12);
  }
}

TEST(TsneTest, IsAsGoodAsScikitLearnsExactMethodFromTheSameStart) {
  for (const json& one : golden().at("tsne")) {
    const Points points = points_of(one), start{2, one.at("start").get<Numbers>()};

    const Tsne found = tsne(points, start, {.perplexity = one.at("perplexity")});

    EXPECT_NEAR(found.divergence / one.at("divergence").get<double>(), 1, 0.05);
    EXPECT_NEAR(neighbours_kept(points, found.placed, one.at("neighbours")), one.at("kept"), 0.03);
  }
}

TEST(TsneTest, TheSamePointsGiveTheSamePicture) {
  const Points points = points_of(golden().at("tsne")[1]);
  const TsneOptions quick{.perplexity = 10, .iterations = 20};

  const Tsne once = tsne(points, tsne_start(points), quick), again = tsne(points, tsne_start(points), quick);

  EXPECT_EQ(once.placed, again.placed);
  EXPECT_EQ(once.divergence, again.divergence);
}

TEST(TsneTest, PointsThatAreAllTheSameStayWhereTheyAre) {
  const Points points{3, Numbers(30, 1.0)};

  const Tsne found = tsne(points, tsne_start(points), {.perplexity = 3});

  EXPECT_EQ(found.placed, (Points{2, Numbers(20, 0.0)}));
  EXPECT_NEAR(found.divergence, 0, 1e-6);
}

TEST(TsneTest, FewPointsAllowNoPerplexity) {
  EXPECT_EQ(most_perplexity(3), 0);
  EXPECT_EQ(most_perplexity(31), 10);
}

}  // namespace
}  // namespace mer::stats
