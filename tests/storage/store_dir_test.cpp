#include "storage/store_dir.hpp"

#include <chrono>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/storage/builders.hpp"
#include "tests/storage/file_size_limit.hpp"

namespace mer::storage {
namespace {

using testing::HasSubstr;

class StoreDirTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "store";
};

TEST_F(StoreDirTest, CreateMakesTheFolderAndIsIdempotent) {
  const StoreDir store = StoreDir::create(path_).value();

  EXPECT_TRUE(StoreDir::create(path_).ok());

  for (const char* name : {"logs", "checkpoints", "folds", "corpora"}) {
    EXPECT_TRUE(std::filesystem::is_directory(path_ / name)) << name;
  }
  EXPECT_EQ(store.log_file({"ab"}, 3), store.path() / "logs/ab/3.log");
  EXPECT_EQ(StoreDir::checkpoint_file({"ab"}, 3, 7), "checkpoints/ab/3-7.safetensors");
}

TEST_F(StoreDirTest, OpenOfAFolderWithoutADatabaseIsNotFound) {
  const Error error = StoreDir::open(path_).error();

  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_THAT(error.message, HasSubstr("merctl run"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StoreDirTest, OpenOfAFolderWithADatabaseFindsIt) {
  const StoreDir made = StoreDir::create(path_).value();
  std::ofstream(made.database()) << "rows";

  const StoreDir store = StoreDir::open(path_).value();

  EXPECT_EQ(store.path(), made.path());
  EXPECT_EQ(store.file_system().name, made.file_system().name);
  EXPECT_EQ(store.submissions(), made.path() / "submissions");
  EXPECT_EQ(StoreDir::fold_file({"ab"}), "folds/ab.json");
}

TEST_F(StoreDirTest, CreateWhereAFileStandsSaysWhere) {
  std::ofstream(path_) << "a file";

  const Error error = StoreDir::create(path_).error();

  EXPECT_EQ(error.code, ErrorCode::io);
  EXPECT_THAT(error.message, HasSubstr(path_.string()));
}

TEST_F(StoreDirTest, TheTemporaryFolderIsOnAFileSystemWithAName) {
  EXPECT_FALSE(file_system_of(folder_.path())->name.empty());
  EXPECT_EQ(file_system_of("/proc")->name, "0x9fa0") << "one that is not in the table";
  EXPECT_EQ(file_system_of(path_).error().code, ErrorCode::not_found);
}

TEST_F(StoreDirTest, ASecondLockIsBusyAndNamesTheHolder) {
  const StoreDir store = StoreDir::create(path_).value();
  const Result<StoreLock> first = StoreLock::acquire(store, 0);
  ASSERT_TRUE(first.ok());

  const Result<StoreLock> second = StoreLock::acquire(store, 0);

  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::busy);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(getpid())));
  EXPECT_EQ(StoreLock::holder(store)->value().pid, getpid());
}

TEST_F(StoreDirTest, AHolderThatHasNotWrittenItsNameIsAnotherProcess) {
  const StoreDir store = StoreDir::create(path_).value();
  const Result<StoreLock> first = StoreLock::acquire(store, 0);

  for (const char* text : {"", "7", R"({"host":"a","pid":"x","since":0})"}) {
    std::ofstream(store.lock_file()) << text;
    EXPECT_THAT(StoreLock::acquire(store, 0).error().message, HasSubstr("held by another process")) << text;
    EXPECT_EQ(StoreLock::holder(store)->value().pid, 0);
  }
}

TEST_F(StoreDirTest, ALockThatCannotBeWrittenIsNotHeld) {
  const StoreDir store = StoreDir::create(path_).value();
  {
    const test::FileSizeLimit full(8);
    EXPECT_EQ(StoreLock::acquire(store, 0).error().code, ErrorCode::no_space);
  }
  EXPECT_FALSE(StoreLock::holder(store)->has_value());

  std::filesystem::remove(store.lock_file());
  std::filesystem::create_directory(store.lock_file());
  EXPECT_THAT(StoreLock::acquire(store, 0).error().message, HasSubstr("lock: cannot open"));
  std::filesystem::remove_all(path_);
  std::ofstream(path_) << "a file";
  EXPECT_THAT(StoreLock::holder(store).error().message, HasSubstr("lock: cannot open"));
}

TEST_F(StoreDirTest, AReleasedLockIsFree) {
  const StoreDir store = StoreDir::create(path_).value();
  EXPECT_FALSE(StoreLock::holder(store)->has_value());
  { const auto held = StoreLock::acquire(store, 0); }

  EXPECT_FALSE(StoreLock::holder(store)->has_value());
  EXPECT_TRUE(StoreLock::acquire(store, 0).ok());
}

TEST_F(StoreDirTest, TheKernelReleasesTheLockOfAKilledProcess) {
  const StoreDir store = StoreDir::create(path_).value();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto held = StoreLock::acquire(store, 0);
    (void)!write(ready[1], held ? "y" : "n", 1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_EQ(StoreLock::acquire(store, 0.05).error().code, ErrorCode::busy);
  EXPECT_EQ(StoreLock::holder(store)->value().pid, child);

  kill(child, SIGKILL);

  EXPECT_TRUE(StoreLock::acquire(store, 10).ok());  // waits until the kernel has let go
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace mer::storage
