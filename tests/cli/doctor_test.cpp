#include "cli/doctor.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace mer::cli {
namespace {

const Finding& finding_on(const std::vector<Finding>& findings, const std::string& subject) {
  return *std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.subject == subject; });
}

TEST(DoctorTest, AMissingProgramIsAProblemWithARemedy) {
  const std::vector<Finding> findings = examine({}, "/nowhere");

  const Finding& trainer = finding_on(findings, "mer-trainer");
  EXPECT_EQ(trainer.level, Finding::Level::problem);
  EXPECT_NE(trainer.text.find("/nowhere"), std::string::npos);
  EXPECT_NE(trainer.remedy.find("tools/quickstart.sh"), std::string::npos);
}

TEST(DoctorTest, TheStoreIsJudgedByTheFolderThatWillHoldIt) {
  Context context;
  context.store = testing::TempDir() + "/not/there/yet";

  const std::vector<Finding> findings = examine(context, "/nowhere");

  const Finding& store = finding_on(findings, "store");
  EXPECT_NE(store.level, Finding::Level::problem) << store.text;
  EXPECT_NE(store.text.find(context.store.string() + " on "), std::string::npos) << store.text;
}

TEST(DoctorTest, EveryProblemHasARemedy) {
  for (const Finding& finding : examine({}, "/nowhere")) {
    if (finding.level == Finding::Level::problem) {
      EXPECT_FALSE(finding.remedy.empty()) << finding.subject;
    }
  }
}

}  // namespace
}  // namespace mer::cli
