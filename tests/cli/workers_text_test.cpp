#include "cli/workers_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json trial(const std::string& id, int epoch) {
  return {{"trial", id}, {"sweep", 1}, {"name", "fold-1, seed 0"}, {"attempt", 1}, {"epoch", epoch}, {"epochs", 150}};
}

json worker(int rank, json trials) {
  return {{"worker", rank},  {"leader", rank},  {"host", "node-1"}, {"group", ""},      {"cores", {0, 1, 2}},
          {"device", "cpu"}, {"state", "here"}, {"heard_s", 0.4},   {"trials", trials}, {"epochs_per_minute", 12.34}};
}

std::string text_of(const json& workers) {
  return workers_text(json{{"schema", 1}, {"coordinator", true}, {"workers", workers}}.dump());
}

TEST(WorkersText, CoresAreRanges) {
  EXPECT_EQ(cores_text({0, 1, 2, 3, 8}), "0-3,8");
  EXPECT_EQ(cores_text({5}), "5");
  EXPECT_EQ(cores_text({}), "-");
}

TEST(WorkersText, ALineSaysWhatAWorkerIsAndDoes) {
  const std::string text = text_of({worker(1, json::array({trial("3fa9c1d2aaaa", 12)})), worker(2, json::array())});

  EXPECT_EQ(text,
            "worker  host    cores  device  heard    epochs/min  trials\n"
            "     1  node-1    0-2  cpu     0 s ago        12.3  3fa9c1d2 12/150\n"
            "     2  node-1    0-2  cpu     0 s ago        12.3  idle\n");
}

TEST(WorkersText, AStackIsCountedAndAMemberOfAGangNamesItsLeader) {
  json member = worker(2, json::array({trial("3fa9c1d2aaaa", 12)}));
  member["leader"] = 1;
  json leaving = worker(1, json::array({trial("3fa9c1d2aaaa", 12), trial("4fa9c1d2aaaa", 3)}));
  leaving["state"] = "leaving";
  const std::string text = text_of({leaving, member});

  EXPECT_THAT(text, HasSubstr("3fa9c1d2 12/150, 1 more,\n"));
  EXPECT_THAT(text, HasSubstr(" leaving\n")) << "no line is longer than 80";
  EXPECT_THAT(text, HasSubstr("with worker 1\n"));
}

TEST(WorkersText, OneThatHasNotComeIsAwaited) {
  json awaited = worker(1, json::array());
  awaited["state"] = "awaited";
  awaited["heard_s"] = nullptr;
  awaited["epochs_per_minute"] = nullptr;

  EXPECT_THAT(text_of(json::array({awaited})), HasSubstr("never           -  awaited\n"));
}

TEST(WorkersText, ManyAreCutShort) {
  json workers = json::array();
  for (int rank = 1; rank <= 40; ++rank) workers.push_back(worker(rank, json::array()));

  EXPECT_THAT(text_of(workers), HasSubstr("and 24 more: the dashboard shows all\n"));
}

TEST(WorkersText, NothingIsToldOfNobodyAndOfAnAnswerOfAnotherVersion) {
  EXPECT_EQ(text_of(json::array()), "");
  EXPECT_EQ(workers_text("<html>"), "");
  EXPECT_EQ(workers_text(R"({"workers":[{"rank":1}]})"), "");
}

}  // namespace
}  // namespace mer::cli
