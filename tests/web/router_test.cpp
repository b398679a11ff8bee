#include "web/router.hpp"

#include <gtest/gtest.h>
#include <set>
#include <string>
#include <utility>

namespace mer::web {
namespace {

ServerControls every_control() {
  ServerControls controls;
  controls.control = [](const storage::Control&) { return Result<std::string>(""); };
  controls.submit = [](const std::string&) { return Result<std::string>(""); };
  controls.explain = [](const TrialId&) { return Result<std::string>(""); };
  controls.workers = [] { return Result<std::string>(""); };
  controls.submission = [](const std::string&) -> Result<storage::Submission> { return invalid("none"); };
  controls.log = [](const storage::TrialDetail&, int, std::int64_t) { return Result<std::string>(""); };
  controls.representations = [](const TrialId&, int) -> Result<Representations> { return invalid("none"); };
  return controls;
}

std::string path_of(const Routed& routed) {
  return routed.route == nullptr ? "" : routed.route->path;
}

TEST(RouterTest, APathFindsItsRouteAndItsValues) {
  const Routed routed = find_route(routes(), {}, false, "/api/v1/sweeps/12/results");

  EXPECT_EQ(path_of(routed), "/api/v1/sweeps/{sweep}/results");
  EXPECT_EQ(routed.values, std::vector<std::string>{"12"});
}

TEST(RouterTest, OtherPathsFindNone) {
  for (const char* path :
       {"", "/", "sweeps", "/api/v1", "/api/v1/", "/api/v1/sweeps/", "/api/v1//results", "/api/v1/sweeps/1/results/",
        "/api/v1/sweeps/1/results/2", "/api/v1/nothing", "/api/v2/sweeps"}) {
    const Routed routed = find_route(routes(), every_control(), false, path);
    EXPECT_EQ(path_of(routed), "") << path;
    EXPECT_EQ(routed.allowed, "") << path;
  }
}

TEST(RouterTest, AnotherMethodIsToldApartFromNoPath) {
  const Routed routed = find_route(routes(), {}, true, "/api/v1/sweeps");

  EXPECT_EQ(path_of(routed), "");
  EXPECT_EQ(routed.allowed, "GET, HEAD");
}

TEST(RouterTest, WhatACoordinatorAnswersIsThereWithOneOnly) {
  const std::string path = "/api/v1/control/cancel";

  EXPECT_EQ(find_route(routes(), {}, true, path).allowed, "");
  EXPECT_EQ(path_of(find_route(routes(), every_control(), true, path)), "/api/v1/control/{verb}");
}

TEST(RouterTest, ALogIsThereWithTheStoresFolderOnly) {
  const std::string path = "/api/v1/trials/abcd/log";

  EXPECT_EQ(path_of(find_route(routes(), {}, false, path)), "");
  EXPECT_EQ(path_of(find_route(routes(), every_control(), false, path)), "/api/v1/trials/{trial}/log");
}

TEST(RouterTest, NoTwoRoutesHaveTheSameMethodAndPath) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Route& route : routes()) EXPECT_TRUE(seen.emplace(route.method, route.path).second) << route.path;
}

TEST(RouterTest, ARequiredParameterThatIsMissingIsNamed) {
  const Routed routed = find_route(routes(), {}, false, "/api/v1/sweeps/1/confusion");
  ASSERT_NE(routed.route, nullptr);

  EXPECT_EQ(check_query(*routed.route, {{"rule", "last"}}).error().message,
            "query parameter configuration: expected " + routed.route->parameters[0].meaning);
  EXPECT_EQ(check_query(*routed.route, {{"configuration", ""}}).error().code, ErrorCode::invalid);
  EXPECT_TRUE(check_query(*routed.route, {{"configuration", "1"}, {"rule", "last"}}).ok());
}

}  // namespace
}  // namespace mer::web
