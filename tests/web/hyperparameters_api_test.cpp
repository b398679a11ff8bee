#include "web/hyperparameters_api.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "core/json.hpp"
#include "tests/web/demo_store.hpp"

namespace mer::web {
namespace {

using nlohmann::json;

class HyperparametersApiTest : public ::testing::Test {
 protected:
  json ask(std::int64_t sweep, SelectionRule rule = SelectionRule::last) {
    const auto detail = store_->sweep(SweepId{sweep});
    const auto answer = hyperparameters_json(*store_, detail.value(), {rule, Metric::wa});
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    return json::parse(*answer);
  }
  std::unique_ptr<storage::MemoryStore> store_ = test::make_demo_store();
};

TEST_F(HyperparametersApiTest, EachConfigurationHasItsValuesAndScore) {
  const json answer = ask(5);
  EXPECT_EQ(answer.at("schema"), 1);
  ASSERT_EQ(answer.at("keys").size(), 2U);
  EXPECT_EQ(answer.at("keys")[0].at("name"), "model.recurrent");
  EXPECT_EQ(answer.at("keys")[0].at("numeric"), false);
  EXPECT_EQ(answer.at("keys")[1].at("name"), "train.learning_rate");
  EXPECT_EQ(answer.at("keys")[1].at("numeric"), true);
  ASSERT_EQ(answer.at("configurations").size(), 8U);
  const auto rows = store_->results(SweepId{5}, SelectionRule::last, Metric::wa).value();
  const json& fifth = answer.at("configurations")[4];
  EXPECT_EQ(fifth.at("values"), json::array({"bigru", 0.0001}));
  EXPECT_DOUBLE_EQ(fifth.at("mean"), *rows[4].wa.mean);
  EXPECT_EQ(fifth.at("n"), test::kFolds);
  EXPECT_EQ(fifth.at("expected_n"), test::kFolds);
}

TEST_F(HyperparametersApiTest, TheSharesOfACompleteGridAddUpToOne) {
  const json answer = ask(5);
  EXPECT_EQ(answer.at("grid"), true);
  EXPECT_EQ(answer.at("why_not"), "");
  ASSERT_EQ(answer.at("interactions").size(), 1U);
  double sum = answer.at("interactions")[0].at("share");
  for (const json& key : answer.at("keys")) sum += key.at("share").get<double>();
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_NE(answer.at("importance_caption").get<std::string>().find("exactly the main effects"), std::string::npos);
}

TEST_F(HyperparametersApiTest, IncompleteConfigurationsAreLeftOutAndCounted) {
  const json answer = ask(1);
  EXPECT_EQ(answer.at("complete"), 1);
  EXPECT_EQ(answer.at("left_out"), 1);
  EXPECT_TRUE(answer.at("configurations")[1].at("mean").is_null());
  EXPECT_EQ(answer.at("configurations")[1].at("n"), test::kFolds - 1);
}

TEST_F(HyperparametersApiTest, TooFewConfigurationsHaveNoImportance) {
  const json answer = ask(4, SelectionRule::best_test);
  EXPECT_NE(answer.at("why_not").get<std::string>().find("at least 4"), std::string::npos);
  EXPECT_TRUE(answer.at("keys")[0].at("share").is_null());
  EXPECT_EQ(answer.at("importance_caption"), "");
  EXPECT_EQ(answer.at("oracle"), true);
}

}  // namespace
}  // namespace mer::web
