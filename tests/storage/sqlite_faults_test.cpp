// Any call to SQLite may fail. For every operation of the store, and each call that it makes: the operation answers
// that error, the database is what it was, and the same operation then succeeds as if nothing had been.
#include <array>
#include <filesystem>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sstream>
#include <string>
#include <vector>

#include "storage/audit.hpp"
#include "storage/comparison.hpp"
#include "storage/control_target.hpp"
#include "storage/results_summary.hpp"
#include "storage/sqlite_db.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/tables.hpp"
#include "storage/utterance_tests.hpp"
#include "tests/storage/builders.hpp"
#include "tests/storage/sqlite_calls.hpp"

namespace mer::storage::test {
namespace {

// What an operation answers, as text.
using Answer = Result<std::string>;

struct Store {
  const StoreDir& dir;
  SqliteStore& writer;
  ResultReader& reader;
};

struct Operation {
  const char* name;
  std::function<Answer(const Store&)> run;
};

void PrintTo(const Operation& operation, std::ostream* out) {
  *out << operation.name;
}

template <class... Values>
std::string words(const Values&... values) {
  std::ostringstream text;
  ((text << values << ' '), ...);
  return text.str();
}

Answer answer(const Status& status) {
  return status ? Answer("done") : Answer(status.error());
}

constexpr SweepId kSweep{1};
// What every trial of study_of_each_kind() has become.
const TrialId kDone = trial_of(0, 0), kRunning = trial_of(0, 1), kFailed = trial_of(0, 2), kPending = trial_of(1, 0),
              kDiverged = trial_of(1, 1), kCancelled = trial_of(1, 2);

AttemptStarted started() {
  return {{"node1", "cpu", "0.1.0-test", "{}", 1, 77}, 2, {"checkpoints/x/1-1.safetensors: damaged"}};
}

AttemptFailed crash() {
  return {{Failure::Kind::signal, 11, "killed by signal 11", "last line"}, 1};
}

// A store with a trial in every state.
void make_study(const StoreDir& dir) {
  const auto store = SqliteStore::open(dir).value();
  ASSERT_TRUE(store->submit(submission_of({})).ok());
  ASSERT_TRUE(store->begin_session("node1", 1, 10).ok());
  std::vector<StoreWrite> writes;
  for (const TrialId& trial : {kDone, kRunning, kFailed, kDiverged}) {
    writes.insert(writes.end(), {claim(trial, 1), recorded(trial, 1, started()), recorded(trial, 1, epoch_of(1)),
                                 recorded(trial, 1, checkpoint_of(trial, 1, 1))});
  }
  writes.emplace_back(recorded(kDone, 1, finished_of(8)));
  writes.emplace_back(recorded(kDiverged, 1, AttemptDiverged{2, 3, "total"}));
  Recorded failed = recorded(kFailed, 1, crash());
  failed.after_failure = TrialState::failed;
  writes.emplace_back(failed);
  ASSERT_TRUE(store->commit(writes)->stale.empty());
  ASSERT_TRUE(store->control({.verb = ControlVerb::cancel, .trials = {kCancelled}}).ok());
  ASSERT_TRUE(store->control({.verb = ControlVerb::note, .sweep = kSweep, .at = 40, .note = "of the study"}).ok());
  ASSERT_TRUE(store->control({.verb = ControlVerb::tag, .trials = {kDone}, .at = 40, .tags = {"odd"}}).ok());
}

Answer commit(const Store& store, const std::vector<StoreWrite>& writes) {
  MER_ASSIGN(const CommitOutcome outcome, store.writer.commit(writes));
  std::string text = "refused:";
  for (const std::size_t position : outcome.stale) text += ' ' + std::to_string(position);
  return text;
}

Answer control(const Store& store, const Control& asked) {
  MER_ASSIGN(const Controlled controlled, store.writer.control(asked));
  return control_json(asked, controlled) + words(controlled.sweeps.size());
}

Answer submit(const Store& store, const Submission& submission) {
  MER_ASSIGN(const SweepId sweep, store.writer.submit(submission));
  return std::to_string(sweep.number);
}

Submission fresh(Submission submission) {
  submission.fresh = true;
  return submission;
}

Answer table(const Result<Table>& made) {
  return made ? Answer(format_table(*made, TableFormat::json)) : Answer(made.error());
}

Answer progress(const Store& store) {
  MER_ASSIGN(const std::vector<TrialProgress> trials, store.writer.progress(kSweep));
  std::string text;
  for (const TrialProgress& trial : trials) {
    text += words(trial.spec.id.hex, trial.spec.fold_name, trial.spec.model.alpha, trial.spec.train.epochs,
                  name_of(trial.state), trial.attempt, trial.crashes, trial.checkpoints.size());
  }
  return text;
}

Answer sweeps(const Store& store) {
  MER_ASSIGN(const std::vector<SweepSummary> rows, store.reader.sweeps());
  std::string text;
  for (const SweepSummary& row : rows) text += words(row.id.number, row.name, row.counts.total(), row.counts.done);
  return text;
}

Answer sweep(const Store& store) {
  MER_ASSIGN(const SweepDetail detail, store.reader.sweep(kSweep));
  return words(detail.summary.name, detail.summary.counts.total(), detail.resolved_json, detail.seeds.size(),
               detail.configurations.size(), detail.folds.size(), detail.corpora.size(), detail.published.size());
}

Answer trial(const Store& store, const TrialId& id) {
  MER_ASSIGN(const TrialDetail detail, store.reader.trial(id));
  std::string text = words(detail.spec.id.hex, detail.spec.model.alpha, detail.row.message, detail.sweeps.size(),
                           detail.checkpoints.size(), detail.timings.size());
  for (const AttemptRow& attempt : detail.attempts) {
    text += words(attempt.outcome, attempt.refused_checkpoints.size(), attempt.environment.has_value(),
                  attempt.failure ? attempt.failure->log_tail : "");
  }
  return text + words(detail.result ? detail.result->selected.size() : 0);
}

Answer count(const Result<std::int64_t>& number) {
  return number ? Answer(std::to_string(*number)) : Answer(number.error());
}

Control of_sweep(ControlVerb verb) {
  return {.verb = verb, .sweep = kSweep, .trials = {}, .priority = 3, .at = 50};
}

std::vector<Operation> analyses() {
  return {
      {"ResultsSummaryWithABaseline",
       [](const Store& store) {
         return table(results_summary(store.reader, kSweep, SelectionRule::last, Metric::ua, "1"));
       }},
      {"Comparison",
       [](const Store& store) {
         return table(comparison_summary(store.reader, kSweep, SelectionRule::last, Metric::wa, "1"));
       }},
      {"ComparisonInNumbers",
       [](const Store& store) {
         return table(comparison_table(store.reader, kSweep, SelectionRule::last, Metric::wa, "2"));
       }},
      {"UtteranceTests",
       [](const Store& store) {
         const auto tables = utterance_summaries(store.reader, kSweep, SelectionRule::last, Metric::wa, "1");
         return tables ? table(tables->back()) : Answer(tables.error());
       }},
      {"UtteranceTestsInNumbers",
       [](const Store& store) {
         return table(utterance_table(store.reader, kSweep, SelectionRule::last, Metric::wa, ""));
       }},
      {"Audit", [](const Store& store) { return table(audit_table(store.reader, kSweep, Metric::macro_f1)); }},
      {"Timeline",
       [](const Store& store) {
         const auto timeline = store.reader.timeline(kSweep, 0, 0);
         return timeline ? Answer(words(timeline->total, timeline->entries.size())) : Answer(timeline.error());
       }},
  };
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {"Open",
       [](const Store& store) {
         const auto opened = SqliteStore::open(store.dir);
         return opened ? Answer("open") : Answer(opened.error());
       }},
      {"OpenReader",
       [](const Store& store) {
         const auto opened = open_reader(store.dir);
         return opened ? Answer("open") : Answer(opened.error());
       }},
      {"SubmitNew", [](const Store& store) { return submit(store, submission_of({.name = "new", .folds = 1})); }},
      {"SubmitAgain", [](const Store& store) { return submit(store, submission_of({})); }},
      {"SubmitFresh", [](const Store& store) { return submit(store, fresh(submission_of({}))); }},
      {"BeginSession", [](const Store& store) { return answer(store.writer.begin_session("node2", 2, 20)); }},
      {"Beat", [](const Store& store) { return answer(store.writer.beat(30)); }},
      {"CommitClaims",
       [](const Store& store) {  // one that takes a running trial away, one that is stale, one of no trial
         return commit(store, {claim(kRunning, 2, 2), claim(kPending, 1), claim(kDone, 2), claim({"none"}, 1)});
       }},
      {"CommitStart", [](const Store& store) { return commit(store, {recorded(kRunning, 1, started())}); }},
      {"CommitEpoch", [](const Store& store) { return commit(store, {recorded(kRunning, 1, epoch_of(2))}); }},
      {"CommitCheckpoint",
       [](const Store& store) { return commit(store, {recorded(kRunning, 1, checkpoint_of(kRunning, 1, 2))}); }},
      {"CommitFinish", [](const Store& store) { return commit(store, {recorded(kRunning, 1, finished_of(7))}); }},
      {"CommitDivergence",
       [](const Store& store) {
         return commit(store, {recorded(kRunning, 1, AttemptDiverged{2, 1, "task"})});
       }},
      {"CommitStop", [](const Store& store) { return commit(store, {recorded(kRunning, 1, AttemptStopped{1})}); }},
      {"CommitFailure", [](const Store& store) { return commit(store, {recorded(kRunning, 1, crash())}); }},
      {"CommitRefund",
       [](const Store& store) {
         return commit(store, {Refunded{kFailed, 1}, Refunded{kDone, 1}});
       }},
      {"CommitRepeats",
       [](const Store& store) {
         return commit(store, {recorded(kDone, 1, started()), recorded(kDone, 1, epoch_of(1)),
                               recorded(kFailed, 1, checkpoint_of(kFailed, 1, 1)), recorded(kDone, 1, epoch_of(9)),
                               recorded(kDone, 1, finished_of(8))});
       }},
      {"Pause", [](const Store& store) { return control(store, of_sweep(ControlVerb::pause)); }},
      {"Cancel", [](const Store& store) { return control(store, of_sweep(ControlVerb::cancel)); }},
      {"Retry", [](const Store& store) { return control(store, of_sweep(ControlVerb::retry)); }},
      {"Priority", [](const Store& store) { return control(store, of_sweep(ControlVerb::priority)); }},
      {"CancelTrial",
       [](const Store& store) {
         return control(store, {.verb = ControlVerb::cancel, .trials = {kRunning, kPending}});
       }},
      {"RetryTrial",
       [](const Store& store) {
         return control(store, {.verb = ControlVerb::retry, .trials = {kFailed, kDiverged}});
       }},
      {"NoteOfASweep",
       [](const Store& store) {
         return control(store, {.verb = ControlVerb::note, .sweep = kSweep, .at = 50, .note = "another"});
       }},
      {"NoNoteOfASweep",
       [](const Store& store) { return control(store, {.verb = ControlVerb::note, .sweep = kSweep, .at = 50}); }},
      {"TagsOfTrials",
       [](const Store& store) {
         return control(store, {.verb = ControlVerb::tag, .trials = {kDone, kFailed}, .at = 50, .tags = {"new"}});
       }},
      {"NoTagsOfATrial",
       [](const Store& store) {
         return control(store, {.verb = ControlVerb::untag, .trials = {kDone}, .at = 50, .tags = {"odd"}});
       }},
      {"Progress", progress},
      {"Sweeps", sweeps},
      {"Sweep", sweep},
      {"FindSweep",
       [](const Store& store) {
         const auto found = store.reader.find_sweep("study");
         return found ? Answer(words(found->number)) : Answer(found.error());
       }},
      {"FindNoSweep",
       [](const Store& store) {
         const auto found = store.reader.find_sweep("nobody");
         const bool answered = !found && found.error().code == ErrorCode::not_found;
         return answered ? Answer(found.error().message) : Answer(found.error());
       }},
      {"FindTrial",
       [](const Store& store) {
         const auto found = store.reader.find_trial(kDone.hex);
         return found ? Answer(found->hex) : Answer(found.error());
       }},
      {"Trial", [](const Store& store) { return trial(store, kDone); }},
      {"FailedTrial", [](const Store& store) { return trial(store, kFailed); }},
      {"CountReusable",
       [](const Store& store) { return count(store.reader.count_reusable(submission_of({.folds = 4}))); }},
      {"DataVersion", [](const Store& store) { return count(store.reader.data_version()); }},
      {"Results",
       [](const Store& store) {
         return table(results_table(store.reader, kSweep, SelectionRule::last, Metric::macro_f1));
       }},
      {"ResultsSummary",
       [](const Store& store) {
         return table(results_summary(store.reader, kSweep, SelectionRule::best_test, Metric::ua));
       }},
      {"Trials",
       [](const Store& store) {
         return table(trials_table(store.reader, kSweep, SelectionRule::best_test, Metric::ua));
       }},
      {"Metrics", [](const Store& store) { return table(metrics_table(store.reader, kSweep)); }},
      {"Predictions",
       [](const Store& store) {
         return table(predictions_table(store.reader, kSweep, SelectionRule::last, Metric::macro_f1));
       }},
  };
  return all;
}

// Every row of every table, over a connection of its own.
class Content {
 public:
  explicit Content(const std::filesystem::path& file) {
    sqlite3_open_v2(file.c_str(), &db_, SQLITE_OPEN_READONLY, nullptr);
  }
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;
  ~Content() { sqlite3_close(db_); }

  std::string read() const {
    std::string text;
    for (const std::string& table : rows_of("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")) {
      text += table + '\n';
      for (const std::string& row : rows_of("SELECT * FROM " + table)) text += row + '\n';
    }
    return text;
  }

 private:
  std::vector<std::string> rows_of(const std::string& sql) const {
    std::vector<std::string> rows;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v3(db_, sql.c_str(), -1, 0, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(db_);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::string row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement, i));
        if (i > 0) row += '|';
        if (bytes != nullptr) row.append(bytes, std::size_t(sqlite3_column_bytes(statement, i)));
      }
      rows.push_back(std::move(row));
    }
    sqlite3_finalize(statement);
    return rows;
  }

  sqlite3* db_ = nullptr;
};

struct Fault {
  int code;
  ErrorCode error;
};
constexpr std::array kFaults = {Fault{SQLITE_FULL, ErrorCode::no_space}, Fault{SQLITE_IOERR_WRITE, ErrorCode::io},
                                Fault{SQLITE_CORRUPT, ErrorCode::corrupt}, Fault{SQLITE_BUSY, ErrorCode::busy},
                                Fault{SQLITE_IOERR_SHMSIZE, ErrorCode::no_space}};

// A copy of the study with its own connections.
class Copy {
 public:
  explicit Copy(const StoreDir& study) : dir_(StoreDir::create(folder_.path()).value()) {
    std::filesystem::copy_file(study.database(), dir_.database());
    std::filesystem::create_directories(dir_.checkpoints() / kDone.hex);
    store_ = SqliteStore::open(dir_).value();
    // Thousands of them need not survive a power cut.
    EXPECT_TRUE(store_->connection()->execute("PRAGMA synchronous = OFF").ok());
    reader_ = std::make_unique<SqliteReader>(store_->connection());
  }

  Answer run(const Operation& operation) { return operation.run({dir_, *store_, *reader_}); }
  std::string content() const { return Content(dir_.database()).read(); }

 private:
  TemporaryFolder folder_;
  StoreDir dir_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<ResultReader> reader_;
};

class SqliteFaults : public testing::TestWithParam<Operation> {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(make_study(study_)); }

  TemporaryFolder folder_;
  StoreDir study_ = StoreDir::create(folder_.path()).value();
};

TEST_P(SqliteFaults, ACallThatFailsChangesNothingAndMayBeRepeated) {
  const Operation& operation = GetParam();
  Copy undisturbed(study_);
  SqliteCalls::fail_at(0, SQLITE_OK);
  const Answer expected = undisturbed.run(operation);
  const int calls = SqliteCalls::stop();
  ASSERT_TRUE(expected.ok()) << expected.error().message;
  ASSERT_GT(calls, 0);

  const std::string before = Copy(study_).content(), after = undisturbed.content();
  for (int n = 1; n <= calls; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + " of " + std::to_string(calls));
    const Fault& fault = kFaults[std::size_t(n) % kFaults.size()];
    Copy copy(study_);

    SqliteCalls::fail_at(n, fault.code);
    const Answer failed = copy.run(operation);
    SqliteCalls::stop();

    ASSERT_FALSE(failed.ok()) << *failed;
    EXPECT_EQ(failed.error().code, fault.error) << failed.error().message;
    ASSERT_EQ(copy.content(), before);
    const Answer again = copy.run(operation);
    ASSERT_TRUE(again.ok()) << again.error().message;
    ASSERT_EQ(*again, *expected);
    ASSERT_EQ(copy.content(), after);
  }
}

INSTANTIATE_TEST_SUITE_P(Analyses, SqliteFaults, testing::ValuesIn(analyses()),
                         [](const auto& one) { return std::string(one.param.name); });
INSTANTIATE_TEST_SUITE_P(Operations, SqliteFaults, testing::ValuesIn(operations()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace mer::storage::test
