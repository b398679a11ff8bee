#include "cli/provenance.hpp"

#include <gtest/gtest.h>

namespace mer::cli {
namespace {

Environment environment_of(const std::string& versions) {
  return {"node-1", "cpu", "0.1.0+abc", versions, 1, 4711};
}

using Facts = std::vector<std::pair<std::string, std::string>>;

TEST(ProvenanceTest, FactsAreGroupedAndWhatIsNotKnownHereIsShownToo) {
  const Environment environment = environment_of(
      R"({"build": "Release", "cpu": "A CPU", "vector_code": "AVX3", "libtorch": "2.11.0", "mpi": "Open MPI v4.1.4",
          "variables": {"MKL_CBWR": "AVX2", "OMP_NUM_THREADS": "2"}, "later": 7})");

  EXPECT_EQ(facts_of(environment), (Facts{{"device", "cpu, 1 thread"},
                                          {"code version", "0.1.0+abc"},
                                          {"program", "build Release"},
                                          {"machine", "cpu A CPU, vector_code AVX3"},
                                          {"libraries", "libtorch 2.11.0, mpi Open MPI v4.1.4"},
                                          {"variables", "MKL_CBWR=AVX2 OMP_NUM_THREADS=2"},
                                          {"further", "later 7"}}));
}

TEST(ProvenanceTest, ABuildOfFilesThatWereNotCommittedIsSaidToBeOne) {
  Environment environment = environment_of("{}");
  environment.code_version += "-dirty";

  EXPECT_EQ(facts_of(environment).at(1).second, "0.1.0+abc-dirty (its files were changed)");
}

TEST(ProvenanceTest, VersionsThatAreNoObjectAreShownAsTheyAre) {
  EXPECT_EQ(facts_of(environment_of("broken")).back(), (Facts::value_type{"further", "versions broken"}));
}

TEST(ProvenanceTest, ProcessIdsAndTheSameValuesAreNoDifference) {
  Environment again = environment_of(R"({"libtorch": "2.11.0"})");
  again.pid = 1;

  EXPECT_TRUE(differences_of({environment_of(R"({"libtorch": "2.11.0"})")}, again).empty());
}

TEST(ProvenanceTest, EveryOtherFieldIsCompared) {
  Environment again = environment_of(R"({"libtorch": "2.12.0", "cpu": "A CPU"})");
  again.host = "node-2";
  again.device = "NVIDIA H100";
  again.code_version = "0.1.0+def-dirty";
  again.threads = 4;

  const auto differences = differences_of({environment_of(R"({"libtorch": "2.11.0", "cpu": "A CPU"})")}, again);

  EXPECT_EQ(differences, (std::vector<EnvironmentDifference>{{"code version", "0.1.0+abc", "0.1.0+def-dirty"},
                                                             {"host", "node-1", "node-2"},
                                                             {"device", "cpu", "NVIDIA H100"},
                                                             {"threads", "1", "4"},
                                                             {"libtorch", "2.11.0", "2.12.0"}}));
}

TEST(ProvenanceTest, WhatOneSideDidNotRecordIsNoDifference) {
  EXPECT_TRUE(differences_of({environment_of(R"({"mpi": "Open MPI v4.1.4"})")}, environment_of("{}")).empty());
  EXPECT_TRUE(differences_of({environment_of("{}")}, environment_of(R"({"variables": {"MKL_CBWR": "AVX2"}})")).empty());
}

TEST(ProvenanceTest, AVariableThatOneRunDidNotHaveIsADifference) {
  const auto differences = differences_of({environment_of(R"({"variables": {}})")},
                                          environment_of(R"({"variables": {"MKL_CBWR": "AVX2"}})"));

  EXPECT_EQ(differences, (std::vector<EnvironmentDifference>{{"variable MKL_CBWR", "not set", "AVX2"}}));
}

TEST(ProvenanceTest, AttemptsThatDifferAmongThemselvesAreToldApart) {
  const Environment first = environment_of(R"({"vector_code": "AVX3"})");
  const Environment second = environment_of(R"({"vector_code": "AVX2"})");

  const auto differences = differences_of({first, first, second}, second);

  EXPECT_EQ(differences, (std::vector<EnvironmentDifference>{{"vector_code", "AVX3, then AVX2", "AVX2"}}));
}

}  // namespace
}  // namespace mer::cli
