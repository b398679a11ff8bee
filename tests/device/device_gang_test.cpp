// A gang on devices: its losses, gradients and weights are those of one trainer on the whole batches. Each member is a
// process, this program started again.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <set>
#include <sys/wait.h>

#include "tests/device/device_gang_trainer_test.hpp"
#include "tests/device/gang_member.hpp"
#include "tests/device/test_device.hpp"
#include "tests/support/shared_gang.hpp"
#include "tests/support/temp_dir.hpp"

namespace mer::model {
namespace {

class DeviceGang : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto devices = test_devices(scenario().members);
    if (!devices) GTEST_SKIP() << devices.error().message;
    devices_ = *devices;
  }

  static const GangScenario& scenario() { return gang_scenario(GetParam()); }

  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  // The results of processes of which one may wait for the other.
  std::vector<GangResults> run(std::vector<GangMember> members) {
    std::vector<int> processes;
    for (GangMember& member : members) {
      member.results_file = file("results-" + std::to_string(member.rank));
      processes.push_back(start_member(member, devices_[std::size_t(member.rank)]));
    }
    std::vector<GangResults> results;
    for (std::size_t i = 0; i < members.size(); ++i) {
      int status = 0;
      ::waitpid(processes[i], &status, 0);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "member " << i << " ended with " << status;
      results.push_back(read_results(members[i].results_file));
    }
    return results;
  }

  GangResults run_alone() { return run({{GetParam(), 0, "", ""}}).front(); }

  std::vector<GangResults> run_gang() {
    EXPECT_TRUE(testing_support::SharedGang::create(file("gang"), scenario().members));
    std::vector<GangMember> members;
    for (int rank = 0; rank < scenario().members; ++rank) members.push_back({GetParam(), rank, file("gang"), ""});
    return run(members);
  }

  testing_support::TempDir folder_;
  std::vector<std::string> devices_;
};

// NaN equals NaN: a slot that diverges does so for all.
std::size_t differences(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool same = (std::isnan(a[i]) && std::isnan(b[i])) || std::abs(a[i] - b[i]) <= tolerance;
    count += same ? 0 : 1;
  }
  return count;
}

TEST_P(DeviceGang, EqualsOneTrainerOnTheWholeBatches) {
  const GangResults alone = run_alone();
  const std::vector<GangResults> members = run_gang();

  ASSERT_GT(alone.shared.size(), 1000U);
  std::map<std::int64_t, std::vector<double>> logits;
  for (const GangResults& member : members) {
    ASSERT_EQ(member.shared.size(), alone.shared.size());
    EXPECT_EQ(differences(member.shared, members[0].shared, 0), 0U) << "the same bits on all members";
    EXPECT_EQ(differences(member.shared, alone.shared, scenario().tolerance), 0U);
    logits.insert(member.logits.begin(), member.logits.end());
  }
  ASSERT_EQ(logits.size(), alone.logits.size()) << "every row has one member";
  for (const auto& [row, expected] : alone.logits) {
    ASSERT_TRUE(logits.contains(row));
    ASSERT_EQ(logits[row].size(), expected.size());
    EXPECT_EQ(differences(logits[row], expected, scenario().tolerance), 0U) << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Model, DeviceGang, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const GangScenario& scenario : gang_scenarios()) names.push_back(scenario.name);
                           return names;
                         }()),
                         [](const auto& test) { return test.param; });

// What the scenarios are for.
TEST(GangScenarioTest, MembersDifferInWhatTheyHave) {
  for (const GangScenario& scenario : gang_scenarios()) {
    if (scenario.members == 1) continue;
    int without_rows = 0, without_rows_of_a_slot = 0;
    std::set<Bucket> buckets;
    std::size_t steps = 0;
    for (const GangStep& step : steps_of(scenario)) {
      ++steps;
      for (int member = 0; member < scenario.members; ++member) {
        const Batch part = step.part_of(member);
        Bucket bucket = bucket_of(*part.layout);
        bucket.selects = !part.scored.empty();
        buckets.insert(bucket);
        without_rows += step.rows_of(member).empty() ? 1 : 0;
        for (std::size_t slot = 0; slot < kGangSlots; ++slot) {
          const bool has_none = part.layout->slots[slot].rows() == 0 && step.whole.layout->slots[slot].rows() > 0;
          without_rows_of_a_slot += has_none ? 1 : 0;
        }
      }
    }
    EXPECT_GT(without_rows, 0) << scenario.name;
    EXPECT_GT(without_rows_of_a_slot, without_rows) << scenario.name;
    EXPECT_GT(buckets.size(), 2U) << scenario.name;
    EXPECT_LT(buckets.size(), steps * std::size_t(scenario.members)) << "some recordings are used again";
  }
}

}  // namespace
}  // namespace mer::model

int main(int argc, char** argv) {
  int exit_code = 0;
  if (mer::model::runs_as_member(argc, argv, exit_code)) return exit_code;
  if (mer::trainer::runs_as_trainer(argc, argv, exit_code)) return exit_code;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
