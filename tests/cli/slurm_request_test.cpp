#include "cli/slurm_request.hpp"

#include <gtest/gtest.h>

namespace mer::cli {
namespace {

std::string refusal(const Result<Site>& site) {
  return site ? "accepted" : site.error().message;
}

TEST(SlurmSecondsTest, ReadsEachWayInWhichSlurmWritesATime) {
  EXPECT_EQ(*slurm_seconds("90"), 90 * 60);
  EXPECT_EQ(*slurm_seconds("1:30"), 90);
  EXPECT_EQ(*slurm_seconds("4:00:00"), 4 * 3600);
  EXPECT_EQ(*slurm_seconds("1-12"), 36 * 3600);
  EXPECT_EQ(*slurm_seconds("1-12:30"), 36 * 3600 + 30 * 60);
  EXPECT_EQ(*slurm_seconds("1-12:30:05"), 36 * 3600 + 30 * 60 + 5);
}

TEST(SlurmSecondsTest, RefusesOthersWithExamples) {
  for (const char* text : {"", "0", "2h", "-1", "1:2:3:4", "1-", "-", "1-1:2:3:4", "1::2", "99999999999999999999"}) {
    const auto refused = slurm_seconds(text);

    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_NE(refused.error().message.find("4:00:00"), std::string::npos) << refused.error().message;
  }
}

TEST(CheckJobOptionTest, TakesWhatSlurmTakes) {
  EXPECT_TRUE(check_job_option("nodes", "12").ok());
  EXPECT_TRUE(check_job_option("mem", "32G").ok());
  EXPECT_TRUE(check_job_option("mem", "4000").ok());
  EXPECT_TRUE(check_job_option("constraint", "[a100*2&h100]").ok());
}

TEST(CheckJobOptionTest, RefusesWhatWouldBreakTheScriptOrTheJob) {
  EXPECT_FALSE(check_job_option("nodes", "0").ok());
  EXPECT_FALSE(check_job_option("nodes", "two").ok());
  EXPECT_FALSE(check_job_option("mem", "much").ok());
  EXPECT_FALSE(check_job_option("mem", "").ok());
  EXPECT_FALSE(check_job_option("partition", "gpu\n#SBATCH --uid=0").ok());
  EXPECT_FALSE(check_job_option("account", "").ok());
  const Status misspelt = check_job_option("partitoin", "gpu");
  ASSERT_FALSE(misspelt.ok());
  EXPECT_NE(misspelt.error().message.find("did you mean \"partition\""), std::string::npos);
}

TEST(SiteTest, ReadsEveryKey) {
  const auto site = site_from(R"({"options": {"partition": "gpu", "cpus-per-task": 8}, // of this cluster
                                  "sbatch": ["--exclude=n13"], "setup": ["module load openmpi"],
                                  "programs": "/opt/mer/bin", "launcher": "srun", "signal_seconds": 300})",
                              "site.json");

  ASSERT_TRUE(site.ok()) << site.error().message;
  EXPECT_EQ(site->options.at("partition"), "gpu");
  EXPECT_EQ(site->options.at("cpus-per-task"), "8");
  EXPECT_EQ(site->sbatch, std::vector<std::string>{"--exclude=n13"});
  EXPECT_EQ(site->setup, std::vector<std::string>{"module load openmpi"});
  EXPECT_EQ(site->programs, "/opt/mer/bin");
  EXPECT_EQ(site->launcher, "srun");
  EXPECT_EQ(site->signal_seconds, 300);
}

TEST(SiteTest, ErrorsNameFilePlaceAndRemedy) {
  EXPECT_NE(refusal(site_from(R"({"launcher": "ssh"})", "s")).find("\"mpirun\", \"srun\" or \"auto\", not \"ssh\""),
            std::string::npos);
  EXPECT_NE(refusal(site_from(R"({"setpu": []})", "site.json")).find("site.json: /setpu: unknown key (did you mean"),
            std::string::npos);
  EXPECT_NE(refusal(site_from(R"({"options": {"nodes": 0}})", "s")).find("/options/nodes: \"0\""), std::string::npos);
  EXPECT_NE(refusal(site_from(R"({"sbatch": ["exclude=n13"]})", "s")).find("/sbatch"), std::string::npos);
  EXPECT_NE(refusal(site_from(R"({"setup": ["a\nb"]})", "s")).find("one line"), std::string::npos);
  EXPECT_NE(refusal(site_from(R"({"signal_seconds": 10})", "s")).find("from 60"), std::string::npos);
  EXPECT_NE(refusal(site_from(R"({"programs": "bin"})", "s")).find("absolute"), std::string::npos);
  EXPECT_NE(refusal(site_from("[]", "s")).find("object"), std::string::npos);
  EXPECT_NE(refusal(site_from("{", "site.json")).find("site.json:1"), std::string::npos);
}

TEST(SbatchLinesTest, TheJobWinsOverTheSiteAndTheSiteOverTheDefaults) {
  Site site;
  site.options = {{"partition", "cpu"}, {"time", "8:00:00"}};
  site.sbatch = {"--exclude=n13"};

  const std::string lines = sbatch_lines(completed({{"partition", "gpu"}, {"gpus-per-node", "2"}}, site), site);

  EXPECT_EQ(lines,
            "#SBATCH --nodes=1\n#SBATCH --gpus-per-node=2\n#SBATCH --cpus-per-task=4\n#SBATCH --time=8:00:00\n"
            "#SBATCH --partition=gpu\n#SBATCH --ntasks-per-node=1\n#SBATCH --signal=B:USR1@120\n#SBATCH --requeue\n"
            "#SBATCH --open-mode=append\n#SBATCH --exclude=n13\n");
}

TEST(SbatchLinesTest, ExcludedNodesJoinThoseOfTheSite) {
  Site site;
  site.sbatch = {"--exclude=n13,n[20-22]", "--comment=x"};

  EXPECT_EQ(without_nodes(site, {}).sbatch, site.sbatch);
  EXPECT_EQ(without_nodes(site, {"n3.cluster.org", "n4"}).sbatch,
            (std::vector<std::string>{"--comment=x", "--exclude=n13,n[20-22],n3,n4"}));
  EXPECT_EQ(without_nodes(Site(), {"n3"}).sbatch, (std::vector<std::string>{"--exclude=n3"}));
}

}  // namespace
}  // namespace mer::cli
