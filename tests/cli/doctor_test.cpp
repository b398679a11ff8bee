#include "cli/doctor.hpp"

#include <algorithm>
#include <cstdlib>
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

TEST(DoctorTest, EveryGpuIsShownAndWhatIsSplit) {
  GpuSituation situation;
  situation.survey.gpus = {{"Some GPU", "", std::uint64_t{80} << 30, 9, 0, false}, {"Split GPU", "", 0, 9, 0, true}};
  situation.library = true;

  const std::vector<Finding> findings = examine_gpus(situation);

  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].subject, "GPU 0");
  EXPECT_EQ(findings[0].text, "Some GPU, 80 GiB, compute capability 9.0");
  EXPECT_EQ(findings[1].level, Finding::Level::note);
  EXPECT_NE(findings[1].remedy.find("CUDA_VISIBLE_DEVICES"), std::string::npos);
}

TEST(DoctorTest, AGpuOfSlurmsThatCannotBeUsedIsAProblem) {
  GpuSituation situation;
  situation.survey.problem = "no driver";
  EXPECT_EQ(examine_gpus(situation).at(0).level, Finding::Level::note);

  ::setenv("SLURM_JOB_GPUS", "0", 1);
  const Finding finding = examine_gpus(situation).at(0);
  ::unsetenv("SLURM_JOB_GPUS");

  EXPECT_EQ(finding.level, Finding::Level::problem);
  EXPECT_NE(finding.text.find("no driver"), std::string::npos);
  EXPECT_FALSE(finding.remedy.empty());
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
