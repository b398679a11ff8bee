// Kill and full disk: no acknowledged commit is lost, nothing is half there, the store opens again.
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "storage/sqlite_db.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "tests/storage/builders.hpp"

namespace mer::storage::test {
namespace {

constexpr int kKills = 25;
const TrialId kTrial = trial_of(0, 0);

// "ok", or what SQLite finds wrong with the file.
std::string integrity_of(const StoreDir& dir) {
  const auto db = SqliteDb::open(dir.database(), {}).value();
  Statement check = db->prepare("PRAGMA integrity_check").value();
  return check.step().value() ? check.text(0) : "no answer";
}

// Commits epochs for ever, one commit each, and writes the epoch's number to `acknowledged` after each commit.
[[noreturn]] void write_until_killed(const StoreDir& dir, int attempt, int first_epoch, int acknowledged) {
  const Result<StoreLock> lock = StoreLock::acquire(dir, 10);
  const auto store = lock ? SqliteStore::open(dir) : Result<std::unique_ptr<SqliteStore>>(lock.error());
  if (!store || !(*store)->begin_session("node1", getpid(), 1)) _exit(1);
  const std::vector<StoreWrite> start = {claim(kTrial, attempt)};
  if (!(*store)->commit(start)) _exit(2);
  for (int epoch = first_epoch;; ++epoch) {
    const std::vector<StoreWrite> writes = {recorded(kTrial, attempt, epoch_of(epoch, attempt)),
                                            recorded(kTrial, attempt, checkpoint_of(kTrial, attempt, epoch))};
    const Result<CommitOutcome> outcome = (*store)->commit(writes);
    if (!outcome || !outcome->stale.empty()) _exit(3);
    if (write(acknowledged, &epoch, sizeof epoch) != sizeof epoch) _exit(4);
  }
}

TEST(StoreCrashTest, AKilledWriterLosesNoAcknowledgedCommit) {
  const TemporaryFolder folder;
  const StoreDir dir = StoreDir::create(folder.path()).value();
  ASSERT_TRUE(SqliteStore::open(dir).value()->submit(submission_of({})).ok());
  int last = 0;  // the last epoch known to be in the store

  for (int kill_number = 1; kill_number <= kKills; ++kill_number) {
    int acknowledged[2];
    ASSERT_EQ(pipe(acknowledged), 0);
    const pid_t writer = fork();
    if (writer == 0) write_until_killed(dir, kill_number, last + 1, acknowledged[1]);
    close(acknowledged[1]);
    int epoch = 0;
    ASSERT_EQ(read(acknowledged[0], &epoch, sizeof epoch), static_cast<ssize_t>(sizeof epoch)) << "no first commit";
    std::this_thread::sleep_for(std::chrono::microseconds(kill_number * 137 % 2000));
    kill(writer, SIGKILL);
    int acked = epoch;
    while (read(acknowledged[0], &epoch, sizeof epoch) == static_cast<ssize_t>(sizeof epoch)) acked = epoch;
    close(acknowledged[0]);
    waitpid(writer, nullptr, 0);

    ASSERT_EQ(integrity_of(dir), "ok");
    const auto reader = open_reader(dir).value();
    const auto train = reader->curve(kTrial, Split::train).value();
    const auto test = reader->curve(kTrial, Split::test).value();
    const TrialDetail trial = reader->trial(kTrial).value();
    ASSERT_GE(static_cast<int>(train.size()), acked);      // nothing acknowledged is lost
    ASSERT_LE(static_cast<int>(train.size()), acked + 1);  // at most the commit that was on its way
    ASSERT_EQ(train.size(), test.size());                  // commits are whole
    ASSERT_EQ(trial.checkpoints.front().epoch, static_cast<int>(train.size()));
    ASSERT_EQ(trial.row.state, TrialState::running);
    last = static_cast<int>(train.size());
  }
}

TEST(StoreCrashTest, TheNextSessionTakesAKilledWritersTrialsBack) {
  const TemporaryFolder folder;
  const StoreDir dir = StoreDir::create(folder.path()).value();
  const SweepId sweep = SqliteStore::open(dir).value()->submit(submission_of({})).value();
  int acknowledged[2];
  ASSERT_EQ(pipe(acknowledged), 0);
  const pid_t writer = fork();
  if (writer == 0) write_until_killed(dir, 1, 1, acknowledged[1]);
  int epoch = 0;
  ASSERT_EQ(read(acknowledged[0], &epoch, sizeof epoch), static_cast<ssize_t>(sizeof epoch));
  kill(writer, SIGKILL);
  waitpid(writer, nullptr, 0);

  const auto store = SqliteStore::open(dir).value();
  ASSERT_TRUE(store->begin_session("node1", getpid(), 2).ok());

  const TrialProgress trial = store->progress(sweep)->front();
  EXPECT_EQ(trial.state, TrialState::pending);
  EXPECT_EQ(trial.attempt, 1);
  EXPECT_EQ(trial.crashes, 0);
  EXPECT_FALSE(trial.checkpoints.empty());
  close(acknowledged[0]);
  close(acknowledged[1]);
}

// No file of this process may grow past `bytes`: the nearest thing to a full disk that needs no privileges.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int) = nullptr;
};

TEST(StoreCrashTest, AFullDiskIsAnErrorAndTheStoreGoesOnWhenThereIsSpace) {
  const TemporaryFolder folder;
  const StoreDir dir = StoreDir::create(folder.path()).value();
  const auto store = SqliteStore::open(dir).value();
  ASSERT_TRUE(store->submit(submission_of({})).ok());
  ASSERT_TRUE(store->commit(std::vector<StoreWrite>{claim(kTrial, 1)}).ok());
  const auto commit_epoch = [&](int epoch) {
    return store->commit(std::vector<StoreWrite>{recorded(kTrial, 1, epoch_of(epoch))});
  };
  int epoch = 1;
  {
    const FileSizeLimit full(std::filesystem::file_size(dir.database().string() + "-wal") + 100'000);
    Result<CommitOutcome> outcome = commit_epoch(epoch);
    for (; outcome && epoch < 1000; outcome = commit_epoch(epoch)) ++epoch;
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().code, ErrorCode::no_space) << outcome.error().message;
    EXPECT_TRUE(retryable(outcome.error().code));
  }

  const auto reader = open_reader(dir).value();
  EXPECT_EQ(reader->curve(kTrial, Split::train)->size(), static_cast<std::size_t>(epoch - 1));
  EXPECT_TRUE(commit_epoch(epoch).ok());
  EXPECT_EQ(reader->curve(kTrial, Split::test)->size(), static_cast<std::size_t>(epoch));
  EXPECT_EQ(integrity_of(dir), "ok");
}

}  // namespace
}  // namespace mer::storage::test
