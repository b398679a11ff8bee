#include <algorithm>
#include <gtest/gtest.h>

#include "cli/doctor.hpp"

namespace mer::cli {
namespace {

using Level = Finding::Level;

const Finding& about(const std::vector<Finding>& findings, const std::string& subject) {
  return *std::ranges::find(findings, subject, &Finding::subject);
}

TEST(SlurmFindingsTest, EachCheckIsAFinding) {
  const auto findings = slurm_findings(
      "some noise of a module\nmer-doctor nodes 2: n[1-2]\nmer-doctor merctl ok merctl 0.1.0\nmer-doctor store ok nfs\n"
      "mer-doctor mpirun ok\nmer-doctor srun failed 0 hosts: srun: error: Invalid MPI type\nmer-doctor shared ok\n"
      "mer-doctor gpus 0,1\nmer-doctor end ok\n");

  EXPECT_EQ(about(findings, "job").text, "ran on 2: n[1-2]; GPUs: 0,1");
  EXPECT_EQ(about(findings, "programs").text, "merctl 0.1.0");
  EXPECT_EQ(about(findings, "store").text, "nfs");
  EXPECT_EQ(about(findings, "mpirun").text, "starts ranks on every node");
  EXPECT_EQ(about(findings, "srun --mpi=pmix").level, Level::note) << "mpirun is enough";
  EXPECT_EQ(about(findings, "srun --mpi=pmix").text, "0 hosts: srun: error: Invalid MPI type");
  EXPECT_TRUE(std::ranges::none_of(findings, [](const Finding& one) { return one.level == Level::problem; }));
}

TEST(SlurmFindingsTest, WhatFailedHasARemedyAndWhatWasNotTriedIsAProblem) {
  const auto findings =
      slurm_findings("mer-doctor nodes 2: n[1-2]\nmer-doctor mpirun failed 1 hosts: ssh: not found\n");

  EXPECT_EQ(about(findings, "mpirun").level, Level::note);
  EXPECT_EQ(about(findings, "mpirun").text, "1 hosts: ssh: not found");
  EXPECT_EQ(about(findings, "launcher").level, Level::problem);
  EXPECT_FALSE(about(findings, "launcher").remedy.empty());
  EXPECT_EQ(about(findings, "store").level, Level::problem);
  EXPECT_NE(about(findings, "store").text.find("ended before"), std::string::npos);
}

TEST(SlurmFindingsTest, OneLauncherOfTwoWillDo) {
  const auto both = slurm_findings("mer-doctor mpirun ok\nmer-doctor srun ok\n");
  const auto srun = slurm_findings("mer-doctor mpirun failed 1 hosts: no\nmer-doctor srun ok\n");

  EXPECT_EQ(about(both, "launcher").level, Level::ok);
  EXPECT_EQ(about(both, "launcher").text, "mpirun");
  EXPECT_EQ(about(srun, "launcher").level, Level::ok);
  EXPECT_NE(about(srun, "launcher").text.find(R"("launcher": "srun")"), std::string::npos);
}

}  // namespace
}  // namespace mer::cli
