#include "data/exchange/row_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mer::data {
namespace {

using testing::ElementsAre;

const std::vector<Utterance> kUtterances = {
    {"a", "d", 0, "s", "x", 0}, {"b", "d", 1, "s", "x", 0}, {"c", "d", 2, "s", "x", 0}};

std::string problem(const std::vector<std::string>& ids) {
  const auto order = order_by_id(ids, kUtterances, "x.npz");
  return order ? "none" : order.error().message;
}

TEST(RowOrderTest, EachUtteranceHasTheRowOfItsId) {
  EXPECT_THAT(order_by_id({"c", "a", "b"}, kUtterances, "x.npz").value(), ElementsAre(1, 2, 0));
}

TEST(RowOrderTest, WhatDoesNotFitIsNamedWithItsRow) {
  EXPECT_EQ(problem({"a", "d", "b"}),
            "x.npz: row 1: the corpus has no utterance \"d\"; leave out what it does not have");
  EXPECT_EQ(problem({"a", "b", "a"}), "x.npz: row 2: utterance \"a\" stands in row 0 too");
  EXPECT_EQ(problem({"b"}), "x.npz: no row for 2 of 3 utterances: \"a\", \"c\"");
}

}  // namespace
}  // namespace mer::data
