#include "storage/control_target.hpp"

#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

class ControlTarget : public testing::Test {
 protected:
  ControlTarget() { EXPECT_TRUE(store_.submit(submission_of({.name = "abcd1234"})).ok()); }
  Result<Control> target(const std::string& word, ControlVerb verb = ControlVerb::cancel) {
    return control_of(store_, {.verb = verb}, word);
  }
  MemoryStore store_;
};

TEST_F(ControlTarget, IsASweepByNameOrNumberElseATrial) {
  EXPECT_EQ(target("abcd1234")->sweep, SweepId{1});
  EXPECT_EQ(target("1")->sweep, SweepId{1});
  EXPECT_EQ(target(trial_of(1, 2).hex)->trials, std::vector{trial_of(1, 2)});
}

TEST_F(ControlTarget, WhatIsNotThereIsSaid) {
  EXPECT_NE(target("study").error().message.find("no sweep \"study\""), std::string::npos);
  EXPECT_NE(target("0123456789").error().message.find("no trial begins with"), std::string::npos);
  EXPECT_EQ(target("9").error().code, ErrorCode::not_found);
}

TEST_F(ControlTarget, OnlySweepsArePaused) {
  EXPECT_EQ(target(trial_of(0, 0).hex, ControlVerb::pause).error().code, ErrorCode::invalid);
}

TEST(Priority, IsAWholeNumberWithinBounds) {
  EXPECT_EQ(priority_from("-12").value(), -12);
  for (const char* word : {"", "1.5", "x", "99999999", "-99999999", "1 "}) {
    EXPECT_EQ(priority_from(word).error().code, ErrorCode::invalid) << word;
  }
}

}  // namespace
}  // namespace mer::storage::test
