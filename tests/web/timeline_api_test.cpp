#include "web/timeline_api.hpp"

#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>

#include "core/json.hpp"
#include "tests/web/demo_store.hpp"

namespace mer::web {
namespace {

using nlohmann::json;

class TimelineApiTest : public ::testing::Test {
 protected:
  json timeline(std::int64_t sweep, const Page& page = {}) {
    const Result<std::string> answer = timeline_json(*store_, store_->sweep(SweepId{sweep}).value(), page);
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    return json::parse(*answer);
  }
  static std::map<std::string, int> outcomes(const json& timeline) {
    std::map<std::string, int> counts;
    for (const json& entry : timeline.at("entries")) ++counts[entry.at("outcome").get<std::string>()];
    return counts;
  }

  std::unique_ptr<storage::MemoryStore> store_ = test::make_demo_store();
};

TEST_F(TimelineApiTest, EveryAttemptHasAnEntry) {
  const json first = timeline(1);

  EXPECT_EQ(first.at("schema"), 1);
  EXPECT_EQ(first.at("total"), 26);
  EXPECT_EQ(outcomes(first),
            (std::map<std::string, int>{{"finished", 23}, {"diverged", 1}, {"failed", 1}, {"lost", 1}}));
  EXPECT_EQ(first.at("submitted_at"), store_->sweep(SweepId{1})->summary.submitted_at);
}

TEST_F(TimelineApiTest, WhatRunsHasNoEndAndWhatWaitsNoWorker) {
  const json second = timeline(2);

  EXPECT_EQ(outcomes(second), (std::map<std::string, int>{{"finished", 4}, {"running", 1}, {"pending", 4}}));
  const json &running = second.at("entries")[4], &waits = second.at("entries")[5];
  EXPECT_EQ(running.at("ended_at"), nullptr);
  EXPECT_EQ(running.at("host"), "node-1");
  EXPECT_EQ(waits.at("attempt"), 0);
  EXPECT_EQ(waits.at("worker"), nullptr);
  EXPECT_EQ(waits.at("started_at"), nullptr);
  EXPECT_EQ(waits.at("queued_at"), second.at("submitted_at"));
}

TEST_F(TimelineApiTest, PartsFollowEachOther) {
  const json part = timeline(1, {.offset = 20, .limit = 4});

  EXPECT_EQ(part.at("total"), 26);
  ASSERT_EQ(part.at("entries").size(), 4u);
  EXPECT_EQ(part.at("entries")[0], timeline(1).at("entries")[20]);
}

}  // namespace
}  // namespace mer::web
