#include "cli/dashboard_text.hpp"

#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

#include "cli/temporary_folder.hpp"
#include "core/host_name.hpp"
#include "storage/endpoint.hpp"

namespace mer::cli {
namespace {

const std::string kFingerprint =
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

TEST(DashboardTextTest, OverHttpTheAddressIsEnough) {
  EXPECT_EQ(dashboard_text({"http://127.0.0.1:8080/", ""}), "dashboard: http://127.0.0.1:8080/");
}

TEST(DashboardTextTest, OverHttpsItSaysTokenTunnelAndFingerprintInEightyColumns) {
  const std::string text = dashboard_text({"https://node-0123.cluster:43210/", kFingerprint});

  EXPECT_NE(text.find("endpoint.json"), std::string::npos);
  EXPECT_NE(text.find("ssh -N -L 8080:node-0123.cluster:43210 LOGIN-NODE\n"), std::string::npos);
  EXPECT_NE(text.find("https://localhost:8080/"), std::string::npos);
  EXPECT_NE(text.find("CC:DD:EE:FF:\n"), std::string::npos);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

class RunningDashboardTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_ = *TemporaryFolder::make("mer-dashboard-test");
  storage::StoreDir store_ = *storage::StoreDir::create(folder_.path());
  storage::Endpoint endpoint_{host_name(), ::getpid(), "127.0.0.1", 4711, "token"};
};

TEST_F(RunningDashboardTest, IsThatOfWhoHoldsTheStore) {
  const auto lock = storage::StoreLock::acquire(store_, 0);
  ASSERT_TRUE(lock.ok());
  ASSERT_TRUE(storage::write_endpoint(store_, endpoint_).ok());
  EXPECT_EQ(running_dashboard_text(store_), "dashboard: http://127.0.0.1:4711/\n");
}

TEST_F(RunningDashboardTest, AKilledCoordinatorsFileIsNotBelieved) {
  ASSERT_TRUE(storage::write_endpoint(store_, endpoint_).ok());
  EXPECT_EQ(running_dashboard_text(store_), "") << "nobody holds the store";

  const auto lock = storage::StoreLock::acquire(store_, 0);
  endpoint_.pid += 1;
  ASSERT_TRUE(storage::write_endpoint(store_, endpoint_).ok());
  EXPECT_EQ(running_dashboard_text(store_), "") << "another process does";
}

}  // namespace
}  // namespace mer::cli
