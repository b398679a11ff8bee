// The real binaries under mpirun on a SQLite store, with the fake trainer: mer-coordinator, mer-worker, signals, kills.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_dir.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/tiny_sweep.hpp"
#include "tests/support/wait_until.hpp"

namespace mer {
namespace {

using namespace std::chrono_literals;
using testing_support::wait_until;

// mpirun with a coordinator and workers; killed with the object.
class Job {
 public:
  Job(const std::filesystem::path& store, SweepId sweep, int workers, const std::filesystem::path& output) {
    std::vector<std::string> words = {"mpirun",
                                      "--allow-run-as-root",
                                      "--bind-to",
                                      "none",
                                      "--oversubscribe",
                                      "-n",
                                      "1",
                                      MER_COORDINATOR,
                                      "--store",
                                      store.string(),
                                      "--sweep",
                                      std::to_string(sweep.number),
                                      "--no-web",
                                      ":",
                                      "-n",
                                      std::to_string(workers),
                                      MER_WORKER,
                                      "--trainer",
                                      MER_FAKE_TRAINER};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::setpgid(0, 0);
    const int file = ::open(output.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
    ::dup2(file, 1);
    ::dup2(file, 2);
    ::execvp("mpirun", arguments.data());
    ::_exit(127);
  }
  ~Job() {
    if (!ended()) ::kill(pid_, SIGTERM);  // it takes its ranks with it
    wait();
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Process ids of the coordinator and the workers.
  std::vector<pid_t> ranks() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/children");
    return {std::istream_iterator<pid_t>(file), {}};
  }
  void signal(int number) const { ::kill(pid_, number); }
  bool ended() {
    if (!status_) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    }
    return status_.has_value();
  }
  // The exit status; -1: still running after a minute.
  int wait() {
    if (!wait_until([this] { return ended(); })) return -1;
    return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 128 + WTERMSIG(*status_);
  }

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

class MpiPipelineTest : public ::testing::Test {
 protected:
  MpiPipelineTest() : store_(*storage::StoreDir::create(folder_.path() / "store")) {
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // Open MPI leaks at exit
    ::setenv("MER_FAKE_PIDFILE", pid_file().c_str(), 1);
    auto planned = testing_support::plan_tiny_sweep(R"("train": {"epochs": 4}, "seeds": [0, 1])");
    const auto lock = storage::StoreLock::acquire(store_);
    const auto writer = storage::SqliteStore::open(store_);
    EXPECT_TRUE(lock.ok() && writer.ok());
    sweep_ = *(*writer)->submit(planned.plan->submission);
  }
  ~MpiPipelineTest() override {
    for (const char* name : {"MER_FAKE", "MER_FAKE_EPOCH_MS", "MER_FAKE_PIDFILE"}) ::unsetenv(name);
  }

  std::string pid_file() const { return (folder_.path() / "pids").string(); }
  std::filesystem::path output() const { return folder_.path() / "output"; }
  std::string output_text() const {
    std::stringstream text;
    text << std::ifstream(output()).rdbuf();
    return text.str();
  }
  storage::StateCounts counts() {
    const auto reader = storage::open_reader(store_);
    return reader.ok() ? (*reader)->sweep(sweep_)->summary.counts : storage::StateCounts{};
  }
  std::size_t children() const {
    std::ifstream file(pid_file());
    return std::size_t(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
  }
  // Process ids of the workers by rank, from the coordinator's log.
  std::map<int, pid_t> workers() const {
    std::map<int, pid_t> found;
    std::istringstream lines(output_text());
    for (std::string line; std::getline(lines, line);) {
      int rank = 0;
      const std::size_t at = line.find("worker ");
      const std::size_t process = line.find(", process ");
      if (at == std::string::npos || process == std::string::npos) continue;
      rank = std::atoi(line.c_str() + at + 7);
      found[rank] = std::atoi(line.c_str() + process + 10);
    }
    return found;
  }
  void expect_everything_done_once() {
    EXPECT_EQ(counts().done, 6) << output_text();
    const auto reader = storage::open_reader(store_);
    const auto rows = *(*reader)->trials(sweep_);
    for (const auto& row : rows) {
      EXPECT_EQ((*reader)->curve(row.id, Split::test)->size(), 4U);
    }
  }

  testing_support::TempDir folder_;
  storage::StoreDir store_;
  SweepId sweep_;
};

// CPU time of a process so far, in clock ticks (1/100 s).
long cpu_ticks(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return user + system;
}

TEST_F(MpiPipelineTest, SweepRunsToItsEndOnDifferentCores) {
  Job job(store_.path(), sweep_, 2, output());

  EXPECT_EQ(job.wait(), 0) << output_text();

  expect_everything_done_once();
  if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) GTEST_SKIP() << "one core: trainers cannot run on different ones";
  std::ifstream file(pid_file());
  std::set<std::string> core_lists;
  for (std::string line; std::getline(file, line);) core_lists.insert(line.substr(line.find(' ')));
  EXPECT_EQ(core_lists.size(), 2U) << "each worker's trainers keep to their own cores";
}

TEST_F(MpiPipelineTest, SixteenWorkersShareOneMachine) {
  Job job(store_.path(), sweep_, 16, output());

  EXPECT_EQ(job.wait(), 0) << output_text();

  expect_everything_done_once();
  EXPECT_EQ(workers().size(), 16U);
}

TEST_F(MpiPipelineTest, IdleRanksUseLessThanTwoPercentOfACore) {
  ::setenv("MER_FAKE_EPOCH_MS", "600000", 1);
  Job job(store_.path(), sweep_, 2, output());
  ASSERT_TRUE(wait_until([&] { return workers().size() == 2 && children() == 2; })) << output_text();
  std::this_thread::sleep_for(500ms);

  const std::vector<pid_t> ranks = job.ranks();
  ASSERT_EQ(ranks.size(), 3U);
  std::map<pid_t, long> before;
  for (const pid_t pid : ranks) before[pid] = cpu_ticks(pid);
  std::this_thread::sleep_for(3s);

  for (const pid_t pid : ranks) {
    ASSERT_GT(before[pid], 0);
    EXPECT_LT(cpu_ticks(pid) - before[pid], 6) << (pid == ranks[0] ? "the coordinator" : "a worker");
  }
}

TEST_F(MpiPipelineTest, Sigusr1PausesAndTheNextJobResumes) {
  ::setenv("MER_FAKE_EPOCH_MS", "200", 1);
  {
    Job job(store_.path(), sweep_, 2, output());
    ASSERT_TRUE(wait_until([&] { return counts().running == 2 && children() >= 2; })) << output_text();
    job.signal(SIGUSR1);
    EXPECT_NE(job.wait(), -1);
  }
  EXPECT_EQ(counts().running, 0);
  EXPECT_GT(counts().pending, 0);

  ::setenv("MER_FAKE_EPOCH_MS", "1", 1);
  Job job(store_.path(), sweep_, 2, output());
  EXPECT_EQ(job.wait(), 0) << output_text();

  expect_everything_done_once();
}

TEST_F(MpiPipelineTest, KilledWorkerEndsTheJobAndTheNextOneResumes) {
  ::setenv("MER_FAKE_EPOCH_MS", "300", 1);
  {
    Job job(store_.path(), sweep_, 2, output());
    ASSERT_TRUE(wait_until([&] { return workers().size() == 2 && children() >= 2; })) << output_text();
    std::this_thread::sleep_for(400ms);
    ::kill(workers().at(1), SIGKILL);
    EXPECT_GT(job.wait(), 0);
  }
  ::setenv("MER_FAKE_EPOCH_MS", "1", 1);
  Job job(store_.path(), sweep_, 2, output());
  EXPECT_EQ(job.wait(), 0) << output_text();

  expect_everything_done_once();
}

TEST_F(MpiPipelineTest, BusyStoreIsRefused) {
  const auto lock = storage::StoreLock::acquire(store_);
  ASSERT_TRUE(lock.ok());
  Job job(store_.path(), sweep_, 1, output());

  EXPECT_EQ(job.wait(), 5) << output_text();
  EXPECT_EQ(counts().pending, 6);
}

}  // namespace
}  // namespace mer
