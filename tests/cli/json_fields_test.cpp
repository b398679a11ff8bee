#include "cli/json_fields.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"

namespace mer::cli {
namespace {

using nlohmann::json;

const char* const kSweeps = R"({"schema": 1, "now": 5, "sweeps": [
  {"id": 2, "name": "b", "counts": {"done": 3, "failed": 0}},
  {"id": 1, "name": "a", "counts": {"done": 1, "failed": 2}, "note": "x"}]})";

json chosen(const std::vector<std::string>& fields) {
  return json::parse(with_fields(kSweeps, fields).value());
}

TEST(JsonFields, OfTheObjectsInAList) {
  EXPECT_EQ(chosen({"id", "name"}), json::parse(R"({"schema": 1, "sweeps": [{"id": 2, "name": "b"},
                                                                            {"id": 1, "name": "a"}]})"));
}

TEST(JsonFields, WithinAnObjectAndBesideEachOther) {
  EXPECT_EQ(chosen({"counts.done", "counts.failed", "now"}),
            json::parse(R"({"schema": 1, "now": 5, "sweeps": [{"counts": {"done": 3, "failed": 0}},
                                                              {"counts": {"done": 1, "failed": 2}}]})"));
}

TEST(JsonFields, AListByItsName) {
  EXPECT_EQ(chosen({"sweeps.id"}), json::parse(R"({"schema": 1, "sweeps": [{"id": 2}, {"id": 1}]})"));
  EXPECT_EQ(chosen({"sweeps"})["sweeps"].size(), 2U);
  EXPECT_EQ(chosen({"sweeps"})["sweeps"][1]["note"], "x");
}

TEST(JsonFields, WhatOnlySomeHaveStaysAwayFromTheOthers) {
  EXPECT_EQ(chosen({"note"}), json::parse(R"({"schema": 1, "sweeps": [{}, {"note": "x"}]})"));
}

TEST(JsonFields, OneThatIsNotThereIsAnErrorThatListsThem) {
  for (const char* const wrong : {"nam", "counts.lost", "id.x", "", ".", "sweeps.nam"}) {
    const auto answer = with_fields(kSweeps, {"id", wrong});
    ASSERT_FALSE(answer.ok()) << wrong;
    EXPECT_EQ(answer.error().code, ErrorCode::invalid);
    EXPECT_EQ(answer.error().message, std::string("--json: there is no field \"") + wrong +
                                          "\" here; there are: counts, id, name, note, now, sweeps");
  }
}

TEST(JsonFields, AnEmptyListBesideAFullOneExcusesNoUnknownField) {
  EXPECT_FALSE(with_fields(R"({"schema": 1, "notes": [], "rows": [{"id": 1}]})", {"nosuch"}).ok());
}

TEST(JsonFields, NobodyKnowsTheFieldsOfAnEmptyList) {
  EXPECT_EQ(json::parse(with_fields(R"({"schema": 1, "sweeps": []})", {"id"}).value()),
            json::parse(R"({"schema": 1, "sweeps": []})"));
  EXPECT_EQ(json::parse(with_fields(R"({"notes": [], "rows": [{"id": 1}]})", {"id"}).value()),
            json::parse(R"({"rows": [{"id": 1}]})"));
}

}  // namespace
}  // namespace mer::cli
