#include "cli/job_script.hpp"

#include <gtest/gtest.h>

#include "cli/shell.hpp"
#include "cli/slurm_request.hpp"

namespace mer::cli {
namespace {

JobScript a_job() {
  return {"#SBATCH --nodes=2\n",
          "  module load openmpi\n",
          "/opt/it's mer/bin",
          "srun",
          "/data/st @SWEEP@ ore",
          "7",
          3600,
          "5m"};
}

TEST(JobTemplateTest, EveryPlaceIsFilledOnce) {
  const std::string script = fill(job_template(), a_job());

  EXPECT_NE(script.find("\n#SBATCH --nodes=2\n"), std::string::npos);
  EXPECT_NE(script.find("\n  module load openmpi\n"), std::string::npos);
  EXPECT_NE(script.find("\nprograms='/opt/it'\\''s mer/bin'\n"), std::string::npos);
  EXPECT_NE(script.find("\nexport MER_STORE='/data/st @SWEEP@ ore'\n"), std::string::npos);
  EXPECT_NE(script.find("\nexport MER_LAUNCHER=${MER_LAUNCHER:-'srun'}\n"), std::string::npos);
  EXPECT_NE(script.find("\nsweep='7'\n"), std::string::npos);
  EXPECT_NE(script.find("MER_JOB_SECONDS=3600\n"), std::string::npos);
  EXPECT_NE(script.find("\nidle_timeout='5m'\n"), std::string::npos);
}

TEST(JobTemplateTest, IsAScriptThatBashUnderstands) {
  const ProgramOutput checked = run_program({"bash", "-n", "-c", fill(job_template(), a_job())});

  EXPECT_EQ(checked.status, 0) << checked.text;
}

TEST(JobTemplateTest, NoOptionOfSbatchStandsBehindACommand) {
  const std::string script = fill(job_template(), a_job());

  EXPECT_LT(script.rfind("#SBATCH"), script.find("\nset -u\n"));
}

TEST(DefaultSiteTest, IsASite) {
  const auto site = site_from(default_site(), "slurm/site.json");

  ASSERT_TRUE(site.ok()) << site.error().message;
  EXPECT_EQ(site->signal_seconds, Site().signal_seconds);
}

TEST(ShellWordTest, IsOneWordWhateverItHolds) {
  for (const std::string word : {"plain", "two words", "it's", "$HOME `date` \"x\" \\", ""}) {
    const ProgramOutput echoed = run_program({"sh", "-c", "printf %s " + shell_word(word)});

    EXPECT_EQ(echoed.text, word);
  }
}

}  // namespace
}  // namespace mer::cli
