#include "core/records.hpp"

#include <gtest/gtest.h>

namespace mer {
namespace {

TEST(RecordsTest, NamesGoThereAndBack) {
  for (const Split split : {Split::train, Split::validation, Split::test}) EXPECT_EQ(split_from(name_of(split)), split);
  for (const SelectionRule rule : {SelectionRule::last, SelectionRule::best_validation, SelectionRule::best_test}) {
    EXPECT_EQ(selection_rule_from(name_of(rule)), rule);
  }
  for (const Metric metric : {Metric::wa, Metric::ua, Metric::macro_f1, Metric::weighted_f1}) {
    EXPECT_EQ(metric_from(name_of(metric)), metric);
  }
  EXPECT_STREQ(name_of(SelectionRule::best_validation), "best-validation");
  EXPECT_STREQ(name_of(Failure::Kind::hang), "hang");
}

TEST(RecordsTest, UnknownNamesAreNothing) {
  EXPECT_FALSE(split_from("Train"));
  EXPECT_FALSE(selection_rule_from(""));
  EXPECT_FALSE(metric_from("accuracy"));
}

TEST(RecordsTest, ValueOfPicksTheMetric) {
  const Scores scores{0.1, 0.2, 0.3, 0.4};

  EXPECT_EQ(value_of(scores, Metric::wa), 0.1);
  EXPECT_EQ(value_of(scores, Metric::ua), 0.2);
  EXPECT_EQ(value_of(scores, Metric::macro_f1), 0.3);
  EXPECT_EQ(value_of(scores, Metric::weighted_f1), 0.4);
}

}  // namespace
}  // namespace mer
