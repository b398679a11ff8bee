#include "cli/allocation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::cli {
namespace {

using testing::HasSubstr;

Environment job_of(const std::string& nodes, const std::string& cpus) {
  return {{"SLURM_JOB_ID", "7"}, {"SLURM_JOB_NUM_NODES", nodes}, {"SLURM_JOB_CPUS_PER_NODE", cpus}};
}

std::vector<std::string> text_of(const std::vector<HostWorkers>& placed) {
  std::vector<std::string> text;
  for (const HostWorkers& there : placed) text.push_back(there.host + ":" + std::to_string(there.workers));
  return text;
}

std::vector<std::string> place(const std::vector<Node>& nodes, int workers, int gang = 1) {
  return text_of(place_workers(nodes, workers, gang));
}

using Texts = std::vector<std::string>;

TEST(AllocationTest, OnlyAJobOfSeveralNodesSpansNodes) {
  EXPECT_TRUE(spans_nodes(job_of("3", "4(x3)")));
  EXPECT_FALSE(spans_nodes(job_of("1", "4")));
  EXPECT_FALSE(spans_nodes({}));
  EXPECT_FALSE(
      spans_nodes({{"SLURM_JOB_NUM_NODES", "3"}}));  // sbatch sets this one too, for those who submit from a job
  EXPECT_FALSE(spans_nodes(job_of("three", "4(x3)")));
}

TEST(AllocationTest, AHeterogeneousJobIsRefusedWithWhatToDo) {
  Environment environment = job_of("1", "2");
  EXPECT_TRUE(check_components(environment).ok());
  environment["SLURM_HET_SIZE"] = "2";
  const Status refused = check_components(environment);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid);
  EXPECT_THAT(refused.error().message, testing::AllOf(HasSubstr("2 components"), HasSubstr("a job for each kind")));
  EXPECT_TRUE(check_components({{"SLURM_HET_SIZE", "2"}}).ok());
}

TEST(AllocationTest, EveryNodeHasItsCpus) {
  const auto nodes = nodes_from(job_of("3", "4(x2),2"), "n1\nn2\ngpu7\n");

  ASSERT_TRUE(nodes.ok()) << nodes.error().message;
  ASSERT_EQ(nodes->size(), 3U);
  EXPECT_EQ((*nodes)[0].host, "n1");
  EXPECT_EQ((*nodes)[1].room, 4);
  EXPECT_EQ((*nodes)[2].host, "gpu7");
  EXPECT_EQ((*nodes)[2].room, 2);
}

TEST(AllocationTest, TheFirstNodesCpusAreThoseOfABatchScript) {
  EXPECT_EQ(cpus_here(job_of("3", "2(x2),4")), 2);
  EXPECT_EQ(cpus_here(job_of("1", "4")), 4);
  EXPECT_EQ(cpus_here(job_of("1", "many")), std::nullopt);
  EXPECT_EQ(cpus_here({}), std::nullopt);
}

TEST(AllocationTest, CpusThatCannotBeReadAreNamed) {
  for (const char* cpus :
       {"", "four", "4(x2", "4(x)", "4(x0)", "0(x3)", "-1", "4(x2)2", "4,,2", "99999999999", "1(x2000000)"}) {
    const auto nodes = nodes_from(job_of("3", cpus), "n1\nn2\nn3\n");

    ASSERT_FALSE(nodes.ok()) << cpus;
    EXPECT_EQ(nodes.error().code, ErrorCode::invalid);
    EXPECT_THAT(nodes.error().message, HasSubstr("SLURM_JOB_CPUS_PER_NODE"));
  }
}

TEST(AllocationTest, HostsAndCpusThatDoNotFitTogetherAreAnError) {
  const auto nodes = nodes_from(job_of("3", "4(x3)"), "n1\nn2\n");

  ASSERT_FALSE(nodes.ok());
  EXPECT_THAT(nodes.error().message, testing::AllOf(HasSubstr("has 2 nodes"), HasSubstr("speaks of 3")));
  EXPECT_FALSE(nodes_from(job_of("3", "4(x3)"), "").ok());
}

TEST(AllocationTest, UsuallyThereIsAWorkerForEachCpu) {
  EXPECT_EQ(usual_workers({{"a", 4}, {"b", 4}, {"c", 2}}, 1), 10);
}

TEST(AllocationTest, UsuallyGangsStayWithinANode) {
  EXPECT_EQ(usual_workers({{"a", 5}, {"b", 4}, {"c", 1}}, 2), 8);
  EXPECT_EQ(usual_workers({{"a", 1}, {"b", 1}, {"c", 1}}, 2), 2);  // no node has room for one: it spans two
  EXPECT_EQ(usual_workers({{"a", 1}, {"b", 1}}, 4), 0);
}

TEST(PlaceWorkersTest, FillsEveryNode) {
  EXPECT_EQ(place({{"a", 4}, {"b", 4}, {"c", 2}}, 10), (Texts{"a:4", "b:4", "c:2"}));
}

TEST(PlaceWorkersTest, SpreadsFewWorkersOverAllNodes) {
  EXPECT_EQ(place({{"a", 4}, {"b", 4}, {"c", 4}}, 3), (Texts{"a:1", "b:1", "c:1"}));
  EXPECT_EQ(place({{"a", 4}, {"b", 4}, {"c", 4}}, 2), (Texts{"a:1", "b:1", "c:0"}));
}

TEST(PlaceWorkersTest, SpreadsManyWorkersByRoom) {
  EXPECT_EQ(place({{"a", 4}, {"b", 2}}, 12), (Texts{"a:8", "b:4"}));
}

TEST(PlaceWorkersTest, KeepsAGangOnOneNode) {
  EXPECT_EQ(place({{"a", 4}, {"b", 4}}, 6, 2), (Texts{"a:4", "b:2"}));
  EXPECT_EQ(place({{"a", 4}, {"b", 4}}, 7, 2), (Texts{"a:4", "b:2"}));
}

TEST(PlaceWorkersTest, LetsAGangSpanNodesOnlyWhereNoneHasRoomForIt) {
  EXPECT_EQ(place({{"a", 2}, {"b", 2}}, 4, 4), (Texts{"a:2", "b:2"}));
  EXPECT_EQ(place({{"a", 4}, {"b", 2}}, 4, 4), (Texts{"a:4", "b:0"}));
}

// Whatever their number: all are placed, none where the node would be fuller by it than another one, and no node has
// more than its room while another one has some left.
TEST(PlaceWorkersTest, PlacesAllOfThemByRoom) {
  const std::vector<Node> nodes = {{"a", 7}, {"b", 1}, {"c", 16}, {"d", 3}};
  for (int workers = 0; workers <= 60; ++workers) {
    const auto placed = place_workers(nodes, workers, 1);

    int total = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      total += placed[i].workers;
      EXPECT_LE(placed[i].workers, workers <= 27 ? nodes[i].room : workers);
      for (std::size_t j = 0; j < nodes.size(); ++j) {
        EXPECT_LE(placed[i].workers * nodes[j].room, (placed[j].workers + 1) * nodes[i].room) << workers;
      }
    }
    EXPECT_EQ(total, workers);
  }
}

}  // namespace
}  // namespace mer::cli
