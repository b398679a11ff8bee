// Calls of a reader from another process: what is asked wrongly, and a line that is down.
#include "storage/reader_call.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/memory_store.hpp"
#include "storage/reader_codec.hpp"
#include "storage/remote_reader.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

using testing::HasSubstr;

class ReaderCallTest : public testing::Test {
 protected:
  void SetUp() override { sweep_ = store_.submit(submission_of({})).value(); }
  std::optional<std::string> ask(const std::string& name, std::map<std::string, std::string> parameters) {
    return answer_call(store_, {name, std::move(parameters)},
                       [](const std::string&) -> Result<Submission> { return invalid("no such file"); });
  }
  template <class T>
  Error error_of(const std::string& name, std::map<std::string, std::string> parameters) {
    return values_in<T>(ask(name, std::move(parameters)).value()).error();
  }

  MemoryStore store_;
  SweepId sweep_;
};

TEST_F(ReaderCallTest, AnUnknownCallHasNoAnswer) {
  EXPECT_EQ(ask("everything", {}), std::nullopt);
}

TEST_F(ReaderCallTest, ParametersThatCannotBeAreNamed) {
  for (const char* number : {"", "x", "1x", "99999999999999999999"}) {
    EXPECT_THAT(value_in<SweepDetail>(*ask("sweep", {{"sweep", number}})).error().message,
                HasSubstr("parameter sweep"));
    EXPECT_THAT(error_of<TrialRow>("trials", {{"sweep", number}}).message, HasSubstr("parameter sweep"));
    EXPECT_THAT(value_in<Timeline>(*ask("timeline", {{"sweep", number}})).error().message,
                HasSubstr("parameter sweep"));
    EXPECT_THAT(value_in<Timeline>(*ask("timeline", {{"sweep", "1"}, {"offset", number}})).error().message,
                HasSubstr("parameter offset"));
    EXPECT_THAT(error_of<ResultRow>("results", {{"sweep", number}}).message, HasSubstr("parameter sweep"));
    EXPECT_THAT(error_of<TrialConfusion>("confusions", {{"sweep", number}}).message, HasSubstr("parameter sweep"));
  }
  EXPECT_THAT(error_of<EpochRow>("curve", {{"trial", "a"}, {"split", "all"}}).message, HasSubstr("parameter split"));
  for (const char* call : {"results", "confusions"}) {
    EXPECT_THAT(error_of<ResultRow>(call, {{"sweep", "1"}, {"rule", "worst"}}).message, HasSubstr("parameter rule"));
    EXPECT_THAT(error_of<ResultRow>(call, {{"sweep", "1"}, {"rule", "last"}, {"metric", "f1"}}).message,
                HasSubstr("parameter metric"));
    EXPECT_THAT(error_of<ResultRow>(call, {{"sweep", "1"}, {"rule", "last"}, {"metric", "ua"}, {"configurations", "1"}})
                    .message,
                HasSubstr("parameter configurations"));
  }
  EXPECT_THAT(error_of<TrialRow>("trials", {{"sweep", "1"}, {"configurations", "[x]"}}).message,
              HasSubstr("parameter configurations"));
  for (const char* call : {"selected", "predictions"}) {
    EXPECT_THAT(error_of<Prediction>(call, {{"rule", "worst"}}).message, HasSubstr("parameter rule"));
    EXPECT_THAT(error_of<Prediction>(call, {{"rule", "last"}, {"metric", "f1"}}).message,
                HasSubstr("parameter metric"));
  }
  EXPECT_THAT(value_in<std::int64_t>(*ask("reusable", {{"file", "x"}})).error().message, HasSubstr("no such file"));
}

TEST_F(ReaderCallTest, TheReadersOwnErrorsComeThrough) {
  EXPECT_EQ(error_of<TrialRow>("trials", {{"sweep", "99"}}).code, ErrorCode::not_found);
  EXPECT_EQ(value_in<TrialDetail>(*ask("trial", {{"trial", hex_of('b', 0)}})).error().code, ErrorCode::not_found);
}

TEST_F(ReaderCallTest, AListThatIsTooLongForAQueryIsAppliedHere) {
  std::size_t longest = 0;
  RemoteReader reader({[&](const ReaderCall& call) -> Result<std::string> {
                         for (const auto& [key, value] : call.parameters) longest = std::max(longest, value.size());
                         return *ask(call.name, call.parameters);
                       },
                       [](const storage::Submission&) -> Result<std::string> { return invalid("not asked"); }});
  const SweepId id = store_.submit(submission_of({.name = "long", .configurations = 3, .folds = 1})).value();
  Configurations many = {1};
  for (int position = 3; position < 3000; ++position) many.push_back(position);

  const auto trials = reader.trials(id, many).value();

  ASSERT_EQ(trials.size(), 1U);
  EXPECT_EQ(trials[0].configuration, 1);
  EXPECT_EQ(reader.results(id, SelectionRule::last, Metric::wa, many)->size(), 1U);
  EXPECT_TRUE(reader.confusions(id, SelectionRule::last, Metric::wa, many)->empty());
  EXPECT_LT(longest, 1000U);
}

TEST(RemoteReader, ALineThatIsDownFailsEveryCall) {
  const Error down{ErrorCode::unavailable, "down"};
  RemoteReader reader({[&](const ReaderCall&) { return Result<std::string>(down); },
                       [&](const Submission&) { return Result<std::string>(down); }});
  const TrialId trial{hex_of('a', 0)};
  const SelectionRule rule = SelectionRule::last;
  EXPECT_EQ(reader.sweeps().error().message, "down");
  EXPECT_EQ(reader.find_sweep("x").error().message, "down");
  EXPECT_EQ(reader.sweep({1}).error().message, "down");
  EXPECT_EQ(reader.trials({1}).error().message, "down");
  EXPECT_EQ(reader.timeline({1}, 0, 0).error().message, "down");
  EXPECT_EQ(reader.find_trial("abcd").error().message, "down");
  EXPECT_EQ(reader.trial(trial).error().message, "down");
  EXPECT_EQ(reader.curve(trial, Split::test).error().message, "down");
  EXPECT_EQ(reader.results({1}, rule, Metric::wa).error().message, "down");
  EXPECT_EQ(reader.confusions({1}, rule, Metric::wa).error().message, "down");
  EXPECT_EQ(reader.selected(trial, rule, Metric::wa).error().message, "down");
  EXPECT_EQ(reader.predictions(trial, rule, Metric::wa).error().message, "down");
  EXPECT_EQ(reader.count_reusable({}).error().message, "down");
  EXPECT_EQ(reader.data_version().error().message, "down");
}

// --- answers of each type ---
template <class T>
class ReaderAnswer : public testing::Test {};
using ListTypes = testing::Types<SweepSummary, TrialRow, EpochRow, ResultRow, TrialConfusion, Prediction>;
TYPED_TEST_SUITE(ReaderAnswer, ListTypes);

TYPED_TEST(ReaderAnswer, AnErrorAnEmptyListAndDamageAreToldApart) {
  using List = std::vector<TypeParam>;
  const Error error{ErrorCode::busy, "in use"};
  EXPECT_EQ(values_in<TypeParam>(answer_of(Result<List>(error))).error(), error);
  EXPECT_TRUE(values_in<TypeParam>(answer_of(Result<List>(List())))->empty());
  const std::string whole = answer_of(Result<List>(List(2)));
  EXPECT_EQ(values_in<TypeParam>(whole)->size(), 2U);
  EXPECT_EQ(values_in<TypeParam>(whole.substr(0, whole.size() - 1)).error().code, ErrorCode::corrupt);
  EXPECT_EQ(values_in<TypeParam>("").error().code, ErrorCode::corrupt);
  EXPECT_EQ(values_in<TypeParam>(answer_of(Result<std::int64_t>(7))).error().code, ErrorCode::corrupt);
  EXPECT_EQ(values_in<TypeParam>(answer_of(Result<List>(List(2)), 1)).error().code, ErrorCode::invalid);
}

template <class T>
class ReaderValue : public testing::Test {};
using ValueTypes = testing::Types<SweepId, SweepDetail, TrialId, TrialDetail, Selected, std::int64_t>;
TYPED_TEST_SUITE(ReaderValue, ValueTypes);

TYPED_TEST(ReaderValue, AnErrorAndDamageAreToldApart) {
  const Error error{ErrorCode::not_found, "gone"};
  EXPECT_EQ(value_in<TypeParam>(answer_of(Result<TypeParam>(error))).error(), error);
  const std::string whole = answer_of(Result<TypeParam>(TypeParam{}));
  EXPECT_TRUE(value_in<TypeParam>(whole).ok());
  EXPECT_EQ(value_in<TypeParam>(whole.substr(0, whole.size() - 1)).error().code, ErrorCode::corrupt);
  EXPECT_EQ(value_in<TypeParam>("").error().code, ErrorCode::corrupt);
  EXPECT_EQ(value_in<TypeParam>(answer_of(Result(std::vector<TrialRow>(2)))).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace mer::storage::test
