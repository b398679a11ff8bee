// What SqliteStore does beyond the conformance suite: files, versions, errors.
#include "storage/sqlite_store.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/migrations.hpp"
#include "storage/sqlite_db.hpp"
#include "storage/sqlite_reader.hpp"
#include "tests/storage/builders.hpp"
#include "tests/storage/file_size_limit.hpp"
#include "tests/storage/sqlite_calls.hpp"

namespace mer::storage::test {
namespace {

using testing::HasSubstr;

class SqliteStoreTest : public testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open() {
    auto store = SqliteStore::open(dir_);
    EXPECT_TRUE(store.ok()) << (store ? "" : store.error().message);
    return store ? std::move(*store) : nullptr;
  }

  TemporaryFolder folder_;
  StoreDir dir_ = StoreDir::create(folder_.path()).value();
};

TEST_F(SqliteStoreTest, ALocalStoreIsInWalModeWithFullSynchronisation) {
  const auto store = open();

  EXPECT_EQ(store->connection()->integer("PRAGMA synchronous").value(), 2);  // FULL
  EXPECT_EQ(store->connection()->integer("PRAGMA foreign_keys").value(), 1);
  EXPECT_TRUE(std::filesystem::exists(dir_.database().string() + "-wal"));
}

TEST_F(SqliteStoreTest, OnANetworkFileSystemTheJournalIsRolledBackAndTheLockExclusive) {
  const auto db = SqliteDb::open(dir_.database(), {.read_only = false, .network = true}).value();
  ASSERT_TRUE(migrate(*db, schema_scripts()).ok());

  EXPECT_EQ(db->integer("PRAGMA synchronous").value(), 3);  // EXTRA
  EXPECT_FALSE(std::filesystem::exists(dir_.database().string() + "-wal"));
  const auto second = SqliteDb::open(dir_.database(), {.read_only = true, .network = true}).value();
  ASSERT_TRUE(second->integer("PRAGMA busy_timeout = 1").ok());
  EXPECT_EQ(second->integer("SELECT count(*) FROM trials").error().code, ErrorCode::busy);
}

TEST_F(SqliteStoreTest, AReaderCannotWrite) {
  const auto store = open();
  const auto db = SqliteDb::open(dir_.database(), {.read_only = true, .network = false}).value();

  EXPECT_FALSE(db->execute("UPDATE store SET changes = 7").ok());
}

TEST_F(SqliteStoreTest, AReaderSeesOneStateWhileTheWriterGoesOn) {
  const auto store = open();
  ASSERT_TRUE(store->submit(submission_of({})).ok());
  const auto db = SqliteDb::open(dir_.database(), {.read_only = true, .network = false}).value();
  const auto snapshot = Transaction::begin(*db, Transaction::Kind::read).value();
  const std::int64_t before = db->integer("SELECT changes FROM store").value();

  const std::vector<StoreWrite> writes = {claim(trial_of(0, 0), 1)};
  ASSERT_TRUE(store->commit(writes).ok());

  EXPECT_EQ(db->integer("SELECT changes FROM store").value(), before);
}

TEST_F(SqliteStoreTest, CheckpointFilesGoOnceTheTrialsEndIsCommitted) {
  const auto store = open();
  ASSERT_TRUE(store->submit(submission_of({})).ok());
  const auto folder_of = [&](const TrialId& trial) { return dir_.checkpoints() / trial.hex; };
  const TrialId done = trial_of(0, 0), running = trial_of(0, 1);
  for (const TrialId& trial : {done, running}) {
    std::filesystem::create_directories(folder_of(trial));
    std::ofstream(folder_of(trial) / "1-1.safetensors") << "weights";
  }
  const std::vector<StoreWrite> claims = {claim(done, 1), claim(running, 1)};
  ASSERT_TRUE(store->commit(claims).ok());
  EXPECT_TRUE(std::filesystem::exists(folder_of(done)));

  const std::vector<StoreWrite> end = {recorded(done, 1, finished_of(8))};
  ASSERT_TRUE(store->commit(end).ok());

  EXPECT_FALSE(std::filesystem::exists(folder_of(done)));
  EXPECT_TRUE(std::filesystem::exists(folder_of(running) / "1-1.safetensors"));

  // A coordinator that was killed between the commit and the deletion: the next session does it.
  std::filesystem::create_directories(folder_of(done));
  ASSERT_TRUE(store->begin_session("node1", 1, 0).ok());
  EXPECT_FALSE(std::filesystem::exists(folder_of(done)));
  EXPECT_TRUE(std::filesystem::exists(folder_of(running)));
}

TEST_F(SqliteStoreTest, ReopeningKeepsEverything) {
  ASSERT_TRUE(open()->submit(submission_of({})).ok());

  const auto reader = open_reader(dir_).value();

  EXPECT_EQ(reader->sweeps()->size(), 1U);
}

TEST_F(SqliteStoreTest, ADatabaseOfANewerVersionIsRefusedWithBothVersions) {
  ASSERT_TRUE(open()->connection()->execute("PRAGMA user_version = 99").ok());

  const Error error = SqliteStore::open(dir_).error();

  EXPECT_EQ(error.code, ErrorCode::invalid);
  EXPECT_THAT(error.message, HasSubstr("newer mer"));
  EXPECT_THAT(error.message, HasSubstr("version 99"));
  EXPECT_EQ(open_reader(dir_).error().code, ErrorCode::invalid);
}

TEST_F(SqliteStoreTest, ADatabaseOfAnotherProgramIsRefused) {
  {
    const auto db = SqliteDb::open(dir_.database(), {}).value();
    ASSERT_TRUE(db->execute("CREATE TABLE mine (x)").ok());
  }

  EXPECT_THAT(SqliteStore::open(dir_).error().message, HasSubstr("another program"));
}

TEST_F(SqliteStoreTest, AFileThatIsNoDatabaseIsCorrupt) {
  std::ofstream(dir_.database()) << std::string(4096, 'x');

  const Error error = SqliteStore::open(dir_).error();

  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_THAT(error.message, HasSubstr("mer.db"));
}

TEST_F(SqliteStoreTest, AWriterThatIsLockedOutIsBusy) {
  const auto store = open();
  const auto other = SqliteDb::open(dir_.database(), {}).value();
  const auto held = Transaction::begin(*other, Transaction::Kind::write).value();
  ASSERT_TRUE(store->connection()->integer("PRAGMA busy_timeout = 1").ok());

  EXPECT_EQ(store->beat(1).error().code, ErrorCode::busy);
}

TEST_F(SqliteStoreTest, AConnectionDoesNotSurviveFork) {
  const auto store = open();

  const pid_t child = fork();
  if (child == 0) _exit(store->beat(1).ok() ? 1 : 0);

  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(store->beat(2).ok());
}

TEST_F(SqliteStoreTest, AReportThatCannotBeKeptLeavesTheStoreAsItWas) {
  const auto store = open();
  const SweepId id = store->submit(submission_of({})).value();
  EpochDone bad = epoch_of(1);
  bad.rows[1].confusion.counts.pop_back();

  const std::vector<StoreWrite> writes = {claim(trial_of(0, 0), 1), recorded(trial_of(0, 0), 1, bad)};
  EXPECT_EQ(store->commit(writes).error().code, ErrorCode::invalid);

  EXPECT_EQ(store->progress(id)->front().state, TrialState::pending);
}

TEST_F(SqliteStoreTest, AResultThatCannotBeKeptLeavesTheStoreAsItWas) {
  const auto store = open();
  const SweepId id = store->submit(submission_of({})).value();
  AttemptFinished bad = finished_of(8);
  bad.result.selected[0].confusion.counts.pop_back();

  const std::vector<StoreWrite> writes = {claim(trial_of(0, 0), 1), recorded(trial_of(0, 0), 1, bad)};
  EXPECT_EQ(store->commit(writes).error().code, ErrorCode::invalid);

  EXPECT_EQ(store->progress(id)->front().state, TrialState::pending);
}

TEST_F(SqliteStoreTest, RulesThatChoseTheSameEpochShareTheirProbabilities) {
  const auto store = open();
  ASSERT_TRUE(store->submit(submission_of({})).ok());

  const std::vector<StoreWrite> writes = {claim(trial_of(0, 0), 1), recorded(trial_of(0, 0), 1, finished_of(8))};
  ASSERT_TRUE(store->commit(writes).ok());

  EXPECT_EQ(store->connection()->integer("SELECT count(*) FROM selected").value(), 5);
  EXPECT_EQ(store->connection()->integer("SELECT count(*) FROM predictions").value(), 1);
}

TEST_F(SqliteStoreTest, AUsedUpQuotaIsAFullDisk) {
  const auto store = open();
  const SweepId id = store->submit(submission_of({})).value();
  const std::vector<StoreWrite> writes = {claim(trial_of(0, 0), 1), recorded(trial_of(0, 0), 1, finished_of(8))};
  {
    const FileSizeLimit full(4096);
    EXPECT_EQ(store->commit(writes).error().code, ErrorCode::no_space);
  }

  EXPECT_EQ(store->progress(id)->front().state, TrialState::pending);
  EXPECT_TRUE(store->commit(writes).ok());
}

TEST_F(SqliteStoreTest, AFileThatCannotBeMadeSaysWhy) {
  const Error error = SqliteDb::open(dir_.path() / "gone" / "mer.db", {}).error();

  EXPECT_EQ(error.code, ErrorCode::io);
  EXPECT_THAT(error.message, HasSubstr("No such file or directory"));
}

TEST_F(SqliteStoreTest, AConnectionWithoutMemoryIsAnError) {
  SqliteCalls::fail_at(1, SQLITE_NOMEM);
  const auto opened = SqliteDb::open(dir_.database(), {});
  SqliteCalls::stop();

  EXPECT_THAT(opened.error().message, HasSubstr("out of memory"));
}

TEST_F(SqliteStoreTest, AValueThatCannotBeBoundFailsTheNextStep) {
  const auto store = open();
  Statement statement = store->connection()->prepare("SELECT ?, ?, ?, ?, ?").value();
  for (int n = 1; n <= 5; ++n) {
    SqliteCalls::fail_at(n, SQLITE_TOOBIG);
    statement.bind(1, 0.5, std::string_view(), Blob{}, std::nullopt);
    SqliteCalls::stop();
    EXPECT_EQ(statement.step().error().code, ErrorCode::internal) << "value " << n;
  }

  ASSERT_TRUE(statement.bind(1, 0.5, std::string_view(), Blob{}, std::nullopt).step().value());
  EXPECT_EQ(statement.integer(0), 1);
  EXPECT_EQ(statement.real(1), 0.5);
  EXPECT_FALSE(statement.is_null(2)) << "an empty text is not NULL";
  EXPECT_FALSE(statement.is_null(3)) << "nor are no bytes";
  EXPECT_EQ(statement.text(4), "");
  EXPECT_EQ(statement.blob(4), "");
}

TEST_F(SqliteStoreTest, ANewStoreThatWasInterruptedIsFinishedByTheNext) {
  SqliteCalls::fail_at(0, SQLITE_OK);
  ASSERT_TRUE(SqliteStore::open(dir_).ok());
  const int calls = SqliteCalls::stop();
  for (int n = 1; n <= calls; ++n) {
    TemporaryFolder folder;
    const StoreDir dir = StoreDir::create(folder.path()).value();

    SqliteCalls::fail_at(n, SQLITE_IOERR_WRITE);
    const auto failed = SqliteStore::open(dir);
    SqliteCalls::stop();

    ASSERT_FALSE(failed.ok()) << "call " << n << " of " << calls;
    const auto store = SqliteStore::open(dir);
    ASSERT_TRUE(store.ok()) << store.error().message;
    EXPECT_TRUE(store.value()->submit(submission_of({})).ok());
  }
}

}  // namespace
}  // namespace mer::storage::test
