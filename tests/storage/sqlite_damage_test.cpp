// Rows that mer did not write: every operation that meets one answers `corrupt`, and changes nothing.
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/sqlite_db.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

struct Store {
  SqliteStore& writer;
  ResultReader& reader;
};
// nullopt: it succeeded.
using Outcome = std::optional<ErrorCode>;
using Operation = std::function<Outcome(const Store&)>;

template <class Value>
Outcome outcome(const Result<Value>& result) {
  return result ? Outcome() : Outcome(result.error().code);
}

const TrialId kDone = trial_of(0, 0), kFailed = trial_of(0, 1);
constexpr SweepId kSweep{1};

Outcome progress(const Store& store) {
  return outcome(store.writer.progress(kSweep));
}
Outcome submit(const Store& store) {
  Submission submission = submission_of({});
  submission.fresh = true;
  return outcome(store.writer.submit(submission));
}
Outcome commit(const Store& store) {
  return outcome(store.writer.commit(std::vector<StoreWrite>{claim(kFailed, 2)}));
}
Outcome report(const Store& store) {
  return outcome(store.writer.commit(std::vector<StoreWrite>{recorded(kFailed, 1, epoch_of(2))}));
}
Outcome pause(const Store& store) {
  return outcome(store.writer.control({.verb = ControlVerb::pause, .sweep = kSweep}));
}
Outcome cancel(const Store& store) {
  return outcome(store.writer.control({.verb = ControlVerb::cancel, .sweep = kSweep}));
}
Outcome cancel_trial(const Store& store) {
  return outcome(store.writer.control({.verb = ControlVerb::cancel, .trials = {kFailed}}));
}
Outcome sweeps(const Store& store) {
  return outcome(store.reader.sweeps());
}
Outcome sweep(const Store& store) {
  return outcome(store.reader.sweep(kSweep));
}
Outcome trials(const Store& store) {
  return outcome(store.reader.trials(kSweep));
}
Outcome done_trial(const Store& store) {
  return outcome(store.reader.trial(kDone));
}
Outcome failed_trial(const Store& store) {
  return outcome(store.reader.trial(kFailed));
}
Outcome curve(const Store& store) {
  return outcome(store.reader.curve(kDone, Split::train));
}
Outcome selected(const Store& store) {
  return outcome(store.reader.selected(kDone, SelectionRule::last, Metric::macro_f1));
}
Outcome predictions(const Store& store) {
  return outcome(store.reader.predictions(kDone, SelectionRule::last, Metric::macro_f1));
}
Outcome reusable(const Store& store) {
  return outcome(store.reader.count_reusable(submission_of({})));
}

struct Damage {
  const char* name;
  const char* sql;
  std::vector<Operation> meets;
};

void PrintTo(const Damage& damage, std::ostream* out) {
  *out << damage.sql;
}

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all = {
      {"TrialState",
       "UPDATE trials SET state = 'odd'",
       {progress, submit, commit, report, cancel, cancel_trial, sweeps, sweep, trials, done_trial, reusable}},
      {"SweepActivity", "UPDATE sweeps SET activity = 'odd'", {sweeps, sweep, pause, cancel}},
      {"CountedState", "UPDATE state_counts SET state = 'odd' WHERE state = 'done'", {sweeps, sweep}},
      {"SelectionRule", "UPDATE sweeps SET select_epoch = 'odd'", {sweep}},
      {"SelectionMetric", "UPDATE sweeps SET select_metric = 'odd'", {sweep}},
      {"Seeds", "UPDATE sweeps SET seeds = '[-1, \"x\"]'", {sweep}},
      {"PublishedNumbers", "UPDATE sweeps SET published = '[{}]'", {sweep}},
      {"PublishedMetric",
       "UPDATE sweeps SET published = '[{\"label\":\"x\",\"metric\":\"odd\",\"value\":1}]'",
       {sweep}},
      {"DifferingKeys", "UPDATE configurations SET differing = '{'", {sweep}},
      {"Labels", "UPDATE corpora SET labels = '[1]'", {sweep}},
      {"ModelSettings", "UPDATE trial_settings SET model = '{' || settings", {progress, done_trial}},
      {"TrainSettings", "UPDATE trial_settings SET train = '{' || settings", {progress, done_trial}},
      {"LostSettings", "DELETE FROM trial_settings", {progress, done_trial}},
      {"RefusedCheckpoints", "UPDATE attempts SET refused_checkpoints = 'x'", {done_trial, failed_trial}},
      {"AttemptOutcome", "UPDATE attempts SET outcome = 'odd'", {report}},
      {"FailureKind", "UPDATE attempts SET failure_kind = 'odd'", {failed_trial}},
      {"Profile", "UPDATE trial_results SET profile = '['", {done_trial}},
      {"ResultRule", "UPDATE selected SET rule = 'odd' WHERE rule = 'last'", {done_trial}},
      {"ResultMetric", "UPDATE selected SET metric = 'odd' WHERE rule = 'last'", {done_trial}},
      {"ResultConfusion", "UPDATE selected SET confusion = x'0102'", {done_trial, selected, predictions}},
      {"ResultConfusionOfOddSize", "UPDATE selected SET confusion = x'0000000000000000'", {done_trial, selected}},
      {"Probabilities", "UPDATE predictions SET probabilities = x'01'", {selected, predictions}},
      {"TestUtterances", "UPDATE test_parts SET utterances = '[1]'", {predictions}},
      {"TestDialogues", "UPDATE test_parts SET dialogues = '[1]'", {predictions}},
      {"TestTruth", "UPDATE test_parts SET truth = '[\"x\"]'", {predictions}},
      {"EpochConfusion", "UPDATE epochs SET confusion = x'010203'", {curve}},
      {"EpochKind", "UPDATE epochs SET kinds = '{\"total\":\"what\"}'", {curve}},
      {"EpochKindOfNumber", "UPDATE epochs SET kinds = '{\"total\":1}'", {curve}},
      {"EpochKinds", "UPDATE epochs SET kinds = 'x'", {curve}},
      {"EpochWithoutTotal", "UPDATE epochs SET total = NULL", {curve}},
      {"EpochWithoutTask", "UPDATE epochs SET task = NULL", {curve}},
      {"EpochAuxiliary", "UPDATE epochs SET auxiliary_by_modality = '[{}]'", {curve}},
  };
  return all;
}

class SqliteDamage : public testing::TestWithParam<Damage> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(store_->submit(submission_of({})).ok());
    Recorded failed = recorded(kFailed, 1, AttemptFailed{{Failure::Kind::exit, 1, "exit status 1", ""}, 1});
    const std::vector<StoreWrite> writes = {claim(kDone, 1), recorded(kDone, 1, epoch_of(1)),
                                            recorded(kDone, 1, finished_of(8)), claim(kFailed, 1), failed};
    ASSERT_TRUE(store_->commit(writes)->stale.empty());
  }

  TemporaryFolder folder_;
  StoreDir dir_ = StoreDir::create(folder_.path()).value();
  std::unique_ptr<SqliteStore> store_ = SqliteStore::open(dir_).value();
  std::unique_ptr<ResultReader> reader_ = open_reader(dir_).value();
};

TEST_P(SqliteDamage, IsCorruptToWhoeverMeetsIt) {
  const auto& db = store_->connection();
  ASSERT_TRUE(db->execute("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;").ok());
  ASSERT_TRUE(db->execute(GetParam().sql).ok());
  const std::int64_t changes = reader_->data_version().value();

  for (const Operation& operation : GetParam().meets) {
    EXPECT_EQ(operation({*store_, *reader_}), ErrorCode::corrupt);
  }

  EXPECT_EQ(reader_->data_version().value(), changes);
}

INSTANTIATE_TEST_SUITE_P(Rows, SqliteDamage, testing::ValuesIn(damages()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace mer::storage::test
