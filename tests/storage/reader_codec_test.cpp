#include "storage/reader_codec.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "core/frame.hpp"
#include "core/json.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

TEST(ReaderCodec, AnErrorKeepsItsKindAndItsText) {
  for (const ErrorCode code : {ErrorCode::invalid, ErrorCode::not_found, ErrorCode::corrupt, ErrorCode::io,
                               ErrorCode::busy, ErrorCode::internal}) {
    const Error error{code, "what, where, and how to mend it"};
    EXPECT_EQ(value_in<SweepId>(answer_of(Result<SweepId>(error))).error(), error);
    EXPECT_EQ(values_in<TrialRow>(answer_of(Result<std::vector<TrialRow>>(error))).error(), error);
  }
}

TEST(ReaderCodec, NumbersThatJsonLacksComeBack) {
  EpochRow row = row_of(Split::test, 3, std::numeric_limits<double>::infinity());
  row.losses.task = -0.0;
  row.losses.cycle = 0.1;
  const auto read = values_in<EpochRow>(answer_of(Result(std::vector{row}))).value();
  EXPECT_EQ(read, std::vector{row});
  EXPECT_TRUE(std::signbit(read[0].losses.task));

  ResultRow result;
  result.folds = {2, 0, 1};
  result.ua.points = {0.25, std::nullopt, std::numeric_limits<double>::quiet_NaN()};
  const ResultRow row_read = values_in<ResultRow>(answer_of(Result(std::vector{result}))).value()[0];
  EXPECT_EQ(row_read.folds, result.folds);
  const auto& points = row_read.ua.points;
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0], 0.25);
  EXPECT_FALSE(points[1].has_value());
  EXPECT_TRUE(std::isnan(points[2].value()));
}

TEST(ReaderCodec, AnAnswerCutAnywhereIsCorruptOrShorter) {
  const std::string answer = answer_of(Result<std::int64_t>(std::int64_t{1} << 60));
  EXPECT_EQ(value_in<std::int64_t>(answer).value(), std::int64_t{1} << 60);
  for (std::size_t length = 0; length < answer.size(); ++length) {
    EXPECT_EQ(value_in<std::int64_t>(answer.substr(0, length)).error().code, ErrorCode::corrupt) << length;
  }
  EXPECT_EQ(value_in<TrialDetail>(answer).error().code, ErrorCode::corrupt);
  EXPECT_EQ(value_in<std::int64_t>("<html>").error().code, ErrorCode::corrupt);
}

std::string frame_with(const nlohmann::json& value) {
  std::string bytes;
  nlohmann::json::to_cbor(value, bytes);
  return frame_of(bytes);
}

TEST(ReaderCodec, AnswersOfOtherVersionsAreCorruptAndUnknownErrorsInternal) {
  EXPECT_EQ(value_in<std::int64_t>(frame_with({{"format", 99}, {"code", ""}})).error().code, ErrorCode::corrupt);
  EXPECT_EQ(value_in<std::int64_t>(frame_with({{"format", "1"}})).error().code, ErrorCode::corrupt);
  EXPECT_EQ(value_in<std::int64_t>(frame_with({1, 2})).error().code, ErrorCode::corrupt);
  EXPECT_EQ(value_in<std::int64_t>(frame_with({{"format", 1}})).error().code, ErrorCode::internal);
  EXPECT_EQ(value_in<std::int64_t>(frame_with({{"format", 1}, {"code", "new"}})).error().code, ErrorCode::internal);
  EXPECT_EQ(value_in<std::int64_t>(frame_with({{"format", 1}, {"code", "busy"}})).error().code, ErrorCode::busy);
  const std::string good = frame_with({{"format", 1}, {"code", ""}});
  EXPECT_EQ(value_in<std::int64_t>(good).error().code, ErrorCode::corrupt) << "no value";
  EXPECT_EQ(value_in<std::int64_t>(good + frame_with({7})).error().code, ErrorCode::corrupt);
  EXPECT_EQ(values_in<ResultRow>(good + frame_with({{"configuration", "x"}})).error().code, ErrorCode::corrupt);
}

TEST(ReaderCodec, AnAnswerTooLongToCarryIsAnErrorThatSaysSo) {
  Prediction large;
  large.probabilities.resize(1 << 17);
  const Result predictions(std::vector(4, large));
  EXPECT_TRUE(values_in<Prediction>(answer_of(predictions, std::size_t{4} << 20)).ok());
  const auto read = values_in<Prediction>(answer_of(predictions, std::size_t{1} << 20));
  EXPECT_EQ(read.error().code, ErrorCode::invalid);
  EXPECT_NE(read.error().message.find("1 MiB"), std::string::npos);
}

}  // namespace
}  // namespace mer::storage::test
