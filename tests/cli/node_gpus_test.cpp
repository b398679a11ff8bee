#include "cli/node_gpus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// As Slurm 22.05 prints it.
constexpr const char* kJob = R"(JobId=12 JobName=mer-3
   NumNodes=4 NumCPUs=10 NumTasks=4 CPUs/Task=1 ReqB:S:C:T=0:0:*:*
   TRES=cpu=10,node=4,billing=10,gres/gpu=8
   JOB_GRES=gpu:8
     Nodes=n[1-2] CPU_IDs=0-3 Mem=0 GRES=gpu:2(IDX:0-1)
     Nodes=n3 CPU_IDs=0 Mem=0 GRES=gpu:a100:3(IDX:0,2-3),shard:4
     Nodes=n4 CPU_IDs=0 Mem=0 GRES=gpu:1(IDX:0)
   MinCPUsNode=1 MinMemoryNode=0 MinTmpDiskNode=0
)";

TEST(NodeGpusTest, EachLineOfDetailsHasItsNodesGpus) {
  EXPECT_THAT(gpus_in(kJob), ElementsAre(NodesGpus{"n[1-2]", 2}, NodesGpus{"n3", 3}, NodesGpus{"n4", 1}));
}

TEST(NodeGpusTest, AJobWithoutGpusSaysNothingOfThem) {
  EXPECT_THAT(gpus_in("     Nodes=n1 CPU_IDs=0 Mem=0 GRES=\n     Nodes=n2 CPU_IDs=0 Mem=0 GRES=shard:1\n"), IsEmpty());
  EXPECT_THAT(gpus_in("slurm_load_jobs error: Invalid job id specified\n"), IsEmpty());
}

TEST(NodeGpusTest, RoomFollowsTheGpusOfEachNode) {
  std::vector<Node> nodes = {{"n1", 8}, {"n2", 8}, {"n3", 8}};

  ASSERT_TRUE(make_room_for_gpus(nodes, {{"n1", 2}, {"n2", 4}, {"n3", 1}}, 6).ok()) << "three workers a GPU";

  EXPECT_EQ(nodes[0].room, 6);
  EXPECT_EQ(nodes[1].room, 12);
  EXPECT_EQ(nodes[2].room, 3);
}

TEST(NodeGpusTest, WithoutAWordOfGpusEveryNodeIsAsTheFirst) {
  std::vector<Node> nodes = {{"n1", 8}, {"n2", 4}};
  ASSERT_TRUE(make_room_for_gpus(nodes, {}, 2).ok());
  EXPECT_EQ(nodes[1].room, 2);
}

TEST(NodeGpusTest, ANodeWithoutAGpuIsNamed) {
  std::vector<Node> nodes = {{"n1", 8}, {"gpu-less", 8}};
  const Status status = make_room_for_gpus(nodes, {{"n1", 2}, {"gpu-less", 0}}, 2);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::invalid);
  EXPECT_THAT(status.error().message, HasSubstr("node gpu-less of this job has no GPU"));
}

}  // namespace
}  // namespace mer::cli
