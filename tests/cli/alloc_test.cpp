#include "cli/alloc.hpp"

#include <gtest/gtest.h>

namespace mer::cli {
namespace {

Alloc an_alloc() {
  return {.settings = {.max_nodes = 8, .backlog = 2, .request = {{"nodes", "2"}}}};
}

AllocSituation a_situation() {
  return {.now = 1000, .waiting = 100, .nodes_per_job = 2};
}

TEST(AllocTest, JobsComeWhileTrialsWaitUpToTheBacklog) {
  EXPECT_EQ(decide(an_alloc(), a_situation()).jobs, 2);

  AllocSituation one_queued = a_situation();
  one_queued.queued = 1;
  EXPECT_EQ(decide(an_alloc(), one_queued).jobs, 1);
  one_queued.queued = 2;
  EXPECT_EQ(decide(an_alloc(), one_queued).jobs, 0);
}

TEST(AllocTest, NeverMoreNodesThanAllowed) {
  AllocSituation situation = a_situation();
  situation.running = 3;
  EXPECT_EQ(decide(an_alloc(), situation).jobs, 1);
  situation.running = 4;
  EXPECT_EQ(decide(an_alloc(), situation).jobs, 0);
  situation.running = 0;
  situation.nodes_per_job = 16;
  EXPECT_EQ(decide(an_alloc(), situation).jobs, 0) << "a single job would be too large";
}

TEST(AllocTest, NoJobWithoutATrialForIt) {
  AllocSituation situation = a_situation();
  situation.waiting = 1;
  EXPECT_EQ(decide(an_alloc(), situation).jobs, 1);
  situation.waiting = 0;
  EXPECT_EQ(decide(an_alloc(), situation).jobs, 0);
  EXPECT_EQ(decide(an_alloc(), situation).why, "no trial waits");
}

TEST(AllocTest, FailuresBackOffThenPauseAndSuccessForgetsThem) {
  Alloc alloc = after_failure(an_alloc(), "no account", 1000);
  EXPECT_EQ(decide(alloc, a_situation()).jobs, 0);
  EXPECT_NE(decide(alloc, a_situation()).why.find("1 submission failed"), std::string::npos);
  AllocSituation later = a_situation();
  later.now = 1031;
  EXPECT_EQ(decide(alloc, later).jobs, 2);
  EXPECT_DOUBLE_EQ(after_failure(alloc, "no account", 1031).next_try, 1031 + 60);
  EXPECT_EQ(after_success(alloc, "7").failures, 0);
  EXPECT_EQ(decide(after_success(alloc, "7"), a_situation()).jobs, 2);

  for (int i = 1; i < kMostFailures; ++i) alloc = after_failure(alloc, "no account", 2000);
  later.now = 1e9;
  EXPECT_EQ(decide(alloc, later).jobs, 0);
  EXPECT_NE(decide(alloc, later).why.find("no account"), std::string::npos);
  EXPECT_EQ(decide(resumed(alloc), later).jobs, 2);
}

// A look after this allocation's next job has been submitted and has ended.
Alloc after_one_more_job(Alloc alloc, const std::string& id, AllocSituation look) {
  look.jobs = {id};
  alloc = after_look(after_success(alloc, id), look);
  look.jobs.clear();
  return after_look(alloc, look);
}

TEST(AllocTest, JobsThatEndWithoutANewEpochPauseIt) {
  AllocSituation look = a_situation();
  Alloc alloc = after_success(an_alloc(), "1");
  look.progress = 50;
  alloc = after_look(alloc, look);
  EXPECT_EQ(alloc.barren, 0) << "there was progress";
  alloc = after_one_more_job(alloc, "2", look);
  alloc = after_one_more_job(alloc, "3", look);
  EXPECT_TRUE(alloc.paused.empty());
  look.progress = 51;
  EXPECT_EQ(after_look(after_success(alloc, "4"), look).barren, 0);
  look.progress = 50;
  alloc = after_one_more_job(alloc, "4", look);
  EXPECT_NE(alloc.paused.find("without a new epoch"), std::string::npos);
  EXPECT_EQ(resumed(alloc).barren, 0);
}

TEST(AllocTest, EachJobThatEndedCountsOnce) {
  Alloc alloc = after_success(after_success(an_alloc(), "1"), "2");
  AllocSituation look = a_situation();
  look.jobs = {"2"};

  alloc = after_look(alloc, look);
  EXPECT_EQ(alloc.barren, 1);
  EXPECT_EQ(after_look(alloc, look).barren, 1);

  look.jobs.clear();
  EXPECT_EQ(after_look(alloc, look).barren, 2);
}

TEST(AllocTest, JobsOfWhichTheLastLooksSawNoEpochAreNotBarrenForIt) {
  AllocSituation look = a_situation();
  look.jobs = {"1", "2", "3"};
  Alloc alloc = after_look(an_alloc(), look);
  look.progress = 50;
  alloc = after_look(alloc, look);
  look.jobs.clear();

  EXPECT_EQ(after_look(alloc, look).barren, 0);
}

TEST(AllocTest, AJobThatWasSubmittedButNotWrittenDownCountsToo) {
  AllocSituation look = a_situation();
  look.jobs = {"1"};
  Alloc alloc = after_look(an_alloc(), look);
  look.jobs.clear();

  EXPECT_EQ(after_look(alloc, look).barren, 1);
}

TEST(AllocTest, JsonAndBack) {
  Alloc alloc = after_success(after_failure(an_alloc(), "x", 5), "4711");
  alloc.paused = "a \"reason\"";

  EXPECT_EQ(*alloc_from_json(alloc_to_json(alloc), "alloc.json"), alloc);
  for (const char* text : {"", "{}", "[1]", R"({"format":2})", R"({"format":1,"max_nodes":"x"})"}) {
    const auto refused = alloc_from_json(text, "alloc.json");
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  }
}

}  // namespace
}  // namespace mer::cli
