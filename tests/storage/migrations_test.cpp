#include "storage/migrations.hpp"

#include <array>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

#include "storage/sqlite_db.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

class MigrationsTest : public testing::Test {
 protected:
  // golden/vN.sql is the dump of a store that version N of the schema wrote.
  void make_store_of_version(int n) {
    std::ifstream file(std::string(MER_SOURCE_DIR) + "/tests/storage/golden/v" + std::to_string(n) + ".sql");
    const std::string dump{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(dump.empty());
    ASSERT_TRUE(db_->execute(dump).ok());
    ASSERT_EQ(version(), n);
  }

  std::int64_t version() { return db_->integer("PRAGMA user_version").value(); }

  TemporaryFolder folder_;
  StoreDir dir_ = StoreDir::create(folder_.path()).value();
  std::shared_ptr<SqliteDb> db_ = SqliteDb::open(dir_.database(), {}).value();
};

TEST_F(MigrationsTest, ANewFileGetsEveryScriptOnce) {
  const std::array<std::string_view, 2> scripts = {"CREATE TABLE one (x)", "CREATE TABLE two (x)"};

  ASSERT_TRUE(migrate(*db_, scripts).ok());
  ASSERT_TRUE(migrate(*db_, scripts).ok());

  EXPECT_EQ(version(), 2);
  EXPECT_TRUE(check_version(*db_, scripts).ok());
}

TEST_F(MigrationsTest, AnOlderFileGetsOnlyTheNewScripts) {
  const std::array<std::string_view, 2> scripts = {"CREATE TABLE one (x)", "ALTER TABLE one ADD COLUMN y"};
  ASSERT_TRUE(migrate(*db_, std::span(scripts).first(1)).ok());
  ASSERT_TRUE(db_->execute("INSERT INTO one VALUES (7)").ok());
  EXPECT_EQ(check_version(*db_, scripts).error().code, ErrorCode::invalid);

  ASSERT_TRUE(migrate(*db_, scripts).ok());

  EXPECT_EQ(version(), 2);
  EXPECT_EQ(db_->integer("SELECT x FROM one WHERE y IS NULL").value(), 7);
}

TEST_F(MigrationsTest, AScriptThatFailsLeavesTheVersionBeforeIt) {
  const std::array<std::string_view, 2> scripts = {"CREATE TABLE one (x)", "CREATE TABLE two (x); nonsense"};

  EXPECT_FALSE(migrate(*db_, scripts).ok());

  EXPECT_EQ(version(), 1);
  EXPECT_EQ(db_->integer("SELECT count(*) FROM sqlite_master WHERE name = 'two'").value(), 0);
}

TEST_F(MigrationsTest, AVersionThatNobodyWroteIsRefused) {
  ASSERT_TRUE(db_->execute("PRAGMA user_version = -1").ok());

  EXPECT_EQ(migrate(*db_, schema_scripts()).error().code, ErrorCode::invalid);
}

TEST_F(MigrationsTest, AStoreOfVersion1StillReads) {
  make_store_of_version(1);

  const auto store = SqliteStore::open(dir_).value();

  EXPECT_EQ(version(), static_cast<std::int64_t>(schema_scripts().size()));
  const auto reader = open_reader(dir_).value();
  const SweepDetail sweep = reader->sweep(reader->find_sweep("study").value()).value();
  EXPECT_EQ(sweep.summary.counts, (StateCounts{.pending = 4, .done = 1, .diverged = 1}));
  EXPECT_EQ(sweep.folds, submission_of({}).folds);
  EXPECT_EQ(reader->curve(trial_of(0, 0), Split::train).value(),
            (std::vector{row_of(Split::train, 1, 1.5), row_of(Split::train, 2, 1.25)}));
  EXPECT_EQ(reader->selected(trial_of(0, 0), SelectionRule::last, Metric::macro_f1).value(),
            finished_of(8).result.selected[0]);
  EXPECT_EQ(reader->trial(trial_of(0, 0))->result->profile, Profile());
  EXPECT_EQ(reader->predictions(trial_of(0, 0), SelectionRule::last, Metric::macro_f1)->size(), 20U);
  EXPECT_EQ(store->progress(SweepId{1})->front().spec, submission_of({}).trials[0].spec);
}

TEST_F(MigrationsTest, AStoreOfVersion2StillReads) {
  make_store_of_version(2);

  const auto store = SqliteStore::open(dir_).value();

  EXPECT_EQ(version(), static_cast<std::int64_t>(schema_scripts().size()));
  EXPECT_EQ(open_reader(dir_).value()->trial(trial_of(0, 0))->result->profile, finished_of(8).result.profile);
}

TEST_F(MigrationsTest, AStoreOfVersion3StillReads) {
  make_store_of_version(3);

  const auto store = SqliteStore::open(dir_).value();

  EXPECT_EQ(version(), static_cast<std::int64_t>(schema_scripts().size()));
  const SweepSummary sweep = open_reader(dir_).value()->sweeps()->front();
  EXPECT_EQ(sweep.priority, 5);
  EXPECT_EQ(sweep.activity, SweepActivity::paused);
}

TEST_F(MigrationsTest, AStoreOfVersion4StillReads) {
  make_store_of_version(4);

  const auto store = SqliteStore::open(dir_).value();

  EXPECT_EQ(version(), static_cast<std::int64_t>(schema_scripts().size()));
  EXPECT_EQ(open_reader(dir_).value()->sweeps()->front().counts, (StateCounts{.pending = 4, .done = 1, .diverged = 1}));
}

TEST_F(MigrationsTest, AStoreOfVersion5StillReads) {
  make_store_of_version(5);

  const auto store = SqliteStore::open(dir_).value();

  EXPECT_EQ(version(), static_cast<std::int64_t>(schema_scripts().size()));
  EXPECT_EQ(store->progress(SweepId{1})->at(3).group, "g1");
}

TEST_F(MigrationsTest, AStoreOfVersion5GetsItsDialoguesWhenItsSweepIsSubmittedAgain) {
  make_store_of_version(5);
  const auto store = SqliteStore::open(dir_).value();
  const auto reader = open_reader(dir_).value();
  const auto first = [&] {
    return reader->predictions(trial_of(0, 0), SelectionRule::last, Metric::macro_f1)->front().dialogue;
  };
  EXPECT_EQ(first(), "");

  ASSERT_EQ(store->submit(submission_of({})).value(), SweepId{1});

  EXPECT_EQ(first(), "fold0_dialogue0");
}

TEST_F(MigrationsTest, AStoreOfVersion6StillReads) {
  make_store_of_version(6);

  const auto store = SqliteStore::open(dir_).value();

  EXPECT_EQ(version(), static_cast<std::int64_t>(schema_scripts().size()));
  const auto predictions =
      open_reader(dir_).value()->predictions(trial_of(0, 0), SelectionRule::last, Metric::macro_f1).value();
  EXPECT_EQ(predictions.front().dialogue, "fold0_dialogue0");
}

TEST_F(MigrationsTest, AStoreOfVersion6CanBeAnnotated) {
  make_store_of_version(6);
  const auto store = SqliteStore::open(dir_).value();
  const auto reader = open_reader(dir_).value();
  EXPECT_EQ(reader->sweeps()->front().annotation, Annotation());

  ASSERT_TRUE(store->control({.verb = ControlVerb::note, .sweep = SweepId{1}, .note = "old"}).ok());

  EXPECT_EQ(reader->sweeps()->front().annotation.note, "old");
  EXPECT_EQ(reader->sweeps()->front().annotated, 1);
}

TEST_F(MigrationsTest, AStoreOfVersion7StillReads) {
  make_store_of_version(7);

  const auto store = SqliteStore::open(dir_).value();

  EXPECT_EQ(version(), static_cast<std::int64_t>(schema_scripts().size()));
  const auto reader = open_reader(dir_).value();
  EXPECT_EQ(reader->sweeps()->front().annotation,
            (Annotation{"Alpha is too high.\nRerun with 0.1.", {"baseline", "paper"}}));
  EXPECT_EQ(reader->trial(trial_of(0, 1))->row.annotation.tags, std::vector<std::string>{"odd"});
}

}  // namespace
}  // namespace mer::storage::test
