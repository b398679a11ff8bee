#include "storage/submission_codec.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"
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

TEST(SubmissionCodec, AnotherContentIsCorrupt) {
  const std::string bytes = bytes_of(planned());
  const auto code_of = [&](auto change) {
    nlohmann::json json = nlohmann::json::from_cbor(bytes);
    change(json);
    std::string changed;
    nlohmann::json::to_cbor(json, changed);
    return submission_from(changed).error().code;
  };

  EXPECT_EQ(code_of([](auto& json) { json = 7; }), ErrorCode::corrupt);
  EXPECT_EQ(code_of([](auto& json) { json["format"] = 9; }), ErrorCode::corrupt);
  EXPECT_EQ(code_of([](auto& json) { json["configurations"].erase(0); }), ErrorCode::corrupt);
  EXPECT_EQ(code_of([](auto& json) { json["trials"][0][1] = 99; }), ErrorCode::corrupt);
  EXPECT_EQ(code_of([](auto& json) { json.erase("priority"); }), ErrorCode::corrupt);
  EXPECT_EQ(code_of([](auto& json) { json["resolved"] = "{}"; }), ErrorCode::invalid);
}

TEST(SubmissionCodec, ATrialOfASecondCorpusKeepsIt) {
  Submission given = planned();
  given.corpora.insert(given.corpora.begin(), CorpusRecord{{"d0"}, "other", "/other", 1, {"x"}, "{}"});

  EXPECT_EQ(submission_from(bytes_of(given))->trials[0].spec.corpus, given.corpora[1].id);
}

}  // namespace
}  // namespace mer::storage::test
