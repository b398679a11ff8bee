#include "storage/submission_codec.hpp"

#include <gtest/gtest.h>

#include "tests/storage/builders.hpp"
#include "tests/support/tiny_sweep.hpp"

namespace mer::storage::test {
namespace {

Submission planned() {
  auto planned = testing_support::plan_tiny_sweep(R"("train": {"epochs": 2}, "seeds": [0, 9007199254740991],
                                                     "grid": {"model.alpha": [0.1, 0.2]})");
  Submission submission = std::move(planned.plan->submission);
  submission.submitted_at = 12.5;
  submission.priority = -3;
  submission.fresh = true;
  return submission;
}

TEST(SubmissionCodec, ASubmissionComesBackWhole) {
  const Submission given = planned();

  const Submission read = submission_from(bytes_of(given)).value();

  EXPECT_EQ(read.sweep.resolved_json, given.sweep.resolved_json);
  EXPECT_EQ(read.corpora, given.corpora);
  EXPECT_EQ(read.folds, given.folds);
  EXPECT_EQ(read.test_parts, given.test_parts);
  EXPECT_EQ(read.code_version, given.code_version);
  EXPECT_EQ(read.submitted_at, given.submitted_at);
  EXPECT_EQ(read.priority, given.priority);
  EXPECT_EQ(read.fresh, given.fresh);
  ASSERT_EQ(read.trials.size(), given.trials.size());
  for (std::size_t i = 0; i < given.trials.size(); ++i) {
    EXPECT_EQ(read.trials[i].spec, given.trials[i].spec) << i;
    EXPECT_EQ(read.trials[i].configuration, given.trials[i].configuration);
    EXPECT_EQ(read.trials[i].fold, given.trials[i].fold);
  }
  for (std::size_t i = 0; i < given.sweep.configurations.size(); ++i) {
    EXPECT_EQ(read.sweep.configurations[i].id, given.sweep.configurations[i].id);
    EXPECT_EQ(read.sweep.configurations[i].differing, given.sweep.configurations[i].differing);
  }
}

TEST(SubmissionCodec, BytesCutAnywhereAreCorrupt) {
  const std::string bytes = bytes_of(planned());
  for (std::size_t length = 0; length < bytes.size(); length += 97) {
    EXPECT_EQ(submission_from(std::string_view(bytes).substr(0, length)).error().code, ErrorCode::corrupt) << length;
  }
  EXPECT_EQ(submission_from("no CBOR at all").error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace mer::storage::test
