#include "storage/excluded_nodes.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

class ExcludedNodesTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  StoreDir store_ = StoreDir::create(folder_.path()).value();
};

TEST_F(ExcludedNodesTest, StandUntilTheyAreIncluded) {
  EXPECT_THAT(excluded_nodes(store_), IsEmpty());
  ASSERT_TRUE(exclude_node(store_, {"n3", 7, "3 trials in a row failed there"}).ok());
  ASSERT_TRUE(exclude_node(store_, {"n1.cluster", 5, "by a person"}).ok());
  ASSERT_TRUE(exclude_node(store_, {"n3", 9, "again"}).ok());

  const auto nodes = excluded_nodes(store_);
  EXPECT_THAT(nodes, ElementsAre(Field(&ExcludedNode::host, "n1.cluster"), Field(&ExcludedNode::host, "n3")));
  EXPECT_EQ(nodes.back().since, 9);
  EXPECT_EQ(nodes.back().why, "again");

  EXPECT_TRUE(*include_node(store_, "n3"));
  EXPECT_FALSE(*include_node(store_, "n3"));
  EXPECT_THAT(excluded_nodes(store_), ElementsAre(Field(&ExcludedNode::host, "n1.cluster")));
}

TEST_F(ExcludedNodesTest, NamesThatNoHostHasAreRefused) {
  const std::string long_name(201, 'n');
  for (const char* name : {"", "../lock", "a/b", ".hidden", "two words", long_name.c_str()}) {
    EXPECT_EQ(exclude_node(store_, {name, 0, ""}).error().code, ErrorCode::invalid) << name;
    EXPECT_EQ(include_node(store_, name).error().code, ErrorCode::invalid) << name;
  }
}

TEST_F(ExcludedNodesTest, AFileOfOtherContentExcludesNothing) {
  ASSERT_TRUE(exclude_node(store_, {"n1", 5, ""}).ok());
  for (const char* text : {"", "[]", R"({"host": 1})", R"({"host": "n1", "since": 5})"}) {
    std::ofstream(folder_.path() / "nodes" / "n1.json") << text;
    EXPECT_THAT(excluded_nodes(store_), IsEmpty()) << text;
  }
}

TEST_F(ExcludedNodesTest, WhatCannotBeWrittenIsAnError) {
  std::ofstream(folder_.path() / "nodes") << "in the way";

  EXPECT_FALSE(exclude_node(store_, {"n1", 5, ""}).ok());
}

TEST_F(ExcludedNodesTest, WhatIsInTheWayOfAFileIsAnError) {
  const std::filesystem::path nodes = folder_.path() / "nodes";
  std::filesystem::create_directories(nodes / "n1.json.new");
  std::filesystem::create_directories(nodes / "n2.json" / "full");

  EXPECT_FALSE(exclude_node(store_, {"n1", 5, ""}).ok()) << "its draft cannot be made";
  EXPECT_FALSE(exclude_node(store_, {"n2", 5, ""}).ok()) << "it cannot be put in place";
  EXPECT_FALSE(include_node(store_, "n2").ok()) << "it cannot be removed";
}

TEST_F(ExcludedNodesTest, OtherFilesOfTheFolderAreLeftAlone) {
  ASSERT_TRUE(exclude_node(store_, {"n1", 5, ""}).ok());
  std::ofstream(folder_.path() / "nodes" / "README") << "a note";
  EXPECT_EQ(excluded_nodes(store_).size(), 1U);
}

}  // namespace
}  // namespace mer::storage::test
