#include "cli/usable_nodes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::cli {
namespace {

using storage::ExcludedNode;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

const std::vector<Node> kNodes = {{"n1", 4}, {"n2", 2}, {"n3", 1}};

ExcludedNode excluded(const std::string& host) {
  return {host, 7, "3 trials failed"};
}

TEST(UsableNodesTest, WithoutExcludedNodesAllAreUsed) {
  const UsableNodes usable = usable_nodes(kNodes, {});

  EXPECT_THAT(usable.nodes, ElementsAre(Field(&Node::host, "n1"), Field(&Node::host, "n2"), Field(&Node::host, "n3")));
  EXPECT_THAT(usable.left_out, IsEmpty());
}

TEST(UsableNodesTest, TheOthersKeepTheirOrderAndTheirRoom) {
  const UsableNodes usable = usable_nodes(kNodes, {excluded("n1"), excluded("n9")});

  EXPECT_THAT(usable.nodes, ElementsAre(Field(&Node::host, "n2"), Field(&Node::host, "n3")));
  EXPECT_EQ(usable.nodes.at(0).room, 2);
  ASSERT_EQ(usable.left_out.size(), 1U);
  EXPECT_EQ(usable.left_out[0].host, "n1");
  EXPECT_EQ(usable.left_out[0].why, "3 trials failed");
}

TEST(UsableNodesTest, NoneMayBeLeft) {
  const UsableNodes usable = usable_nodes(kNodes, {excluded("n3"), excluded("n2"), excluded("n1")});

  EXPECT_THAT(usable.nodes, IsEmpty());
  EXPECT_EQ(usable.left_out.size(), 3U);
}

TEST(UsableNodesTest, AHostIsTheSameByItsShortAndByItsLongName) {
  EXPECT_THAT(usable_nodes({{"n1", 1}, {"n10", 1}}, {excluded("n1.cluster.org")}).nodes,
              ElementsAre(Field(&Node::host, "n10")));
  EXPECT_THAT(usable_nodes({{"n1.cluster.org", 1}}, {excluded("n1")}).nodes, IsEmpty());
}

}  // namespace
}  // namespace mer::cli
