// Copies of a corpus on one machine: who fetches, what is used, what goes. The source is in memory, the files are real.
#include "worker/corpus_copy.hpp"

#include <atomic>
#include <csignal>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "data/corpus.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/tiny_sweep.hpp"
#include "tests/support/wait_until.hpp"
#include "worker/corpus_reader.hpp"

namespace mer::worker {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

// Reads the corpus at once, and does to the answers what a test wants.
class DirectSource : public CorpusSource {
 public:
  void ask(CorpusRequest request) override {
    request.number = ++asked;
    waiting_.push_back(request);
    most_waiting = std::max(most_waiting, waiting_.size());
  }
  Result<CorpusAnswer> answer() override {
    if (waiting_.empty()) return Error{ErrorCode::internal, "nothing was asked"};
    CorpusAnswer answer = reader_.answer(waiting_.front());
    if (spoil) spoil(waiting_.front(), answer);
    waiting_.pop_front();
    if (!answer.error.empty()) return Error{ErrorCode::unavailable, answer.error};
    return answer;
  }
  bool given_up() const override { return leaves; }

  std::function<void(const CorpusRequest&, CorpusAnswer&)> spoil;
  std::uint64_t asked = 0;
  std::size_t most_waiting = 0;
  std::atomic<bool> leaves = false;

 private:
  CorpusReader reader_;
  std::deque<CorpusRequest> waiting_;
};

class CorpusCopyTest : public ::testing::Test {
 protected:
  CorpusCopyTest() {
    data::Corpus corpus = testing_support::tiny_corpus();
    testing_support::add_features(corpus, "video", 100'000);  // 9.6 MB: more parts than are asked for at once
    id_ = corpus.id = data::corpus_id_of(corpus);
    shared_ = (folder_.path() / "shared").string();
    EXPECT_TRUE(data::write_corpus(corpus, shared_));
  }

  Result<CorpusCopy> get() { return CorpusCopy::get(local_, id_, shared_, source_); }
  Error error() {
    const auto copy = get();
    return copy ? Error{ErrorCode::internal, "copied"} : copy.error();
  }
  std::string place(const std::string& suffix = "") const { return local_ + "/corpora/" + id_.hex + suffix; }
  void expect_nothing_left() const {
    EXPECT_FALSE(fs::exists(place()));
    EXPECT_FALSE(fs::exists(place(".part")));
  }
  // As a copy that was last begun to be used then.
  void make_copy(const std::string& name, std::chrono::hours ago) const {
    fs::create_directories(local_ + "/corpora/" + name);
    fs::permissions(local_, fs::perms::owner_all);
    fs::permissions(local_ + "/corpora", fs::perms::owner_all);
    std::ofstream(local_ + "/corpora/" + name + ".lock") << "";
    fs::last_write_time(local_ + "/corpora/" + name + ".lock", fs::file_time_type::clock::now() - ago);
  }

  testing_support::TempDir folder_;
  std::string local_ = (folder_.path() / "local").string();
  std::string shared_;
  CorpusId id_;
  DirectSource source_;
};

TEST_F(CorpusCopyTest, HasTheCorpussContent) {
  const auto copy = get();

  ASSERT_TRUE(copy.ok()) << copy.error().message;
  EXPECT_EQ(copy->folder(), place());
  EXPECT_EQ(data::load_corpus(copy->folder())->id, id_);
  EXPECT_FALSE(fs::exists(place(".part")));
  EXPECT_EQ(source_.most_waiting, 8U);
}

TEST_F(CorpusCopyTest, IsForItsUserOnly) {
  const auto copy = get();

  struct stat status {};
  for (const std::string& path :
       {local_, local_ + "/corpora", place(), place(".lock"), place() + "/features/video.safetensors"}) {
    ASSERT_EQ(::stat(path.c_str(), &status), 0) << path;
    EXPECT_EQ(status.st_mode & 077, 0U) << path;
  }
}

TEST_F(CorpusCopyTest, IsFetchedOnceForAllWorkersAndLaterRuns) {
  {
    const auto first = get(), second = get();
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(first->folder(), second->folder());
  }
  const auto asked = source_.asked;

  const auto later = get();

  EXPECT_TRUE(later.ok());
  EXPECT_EQ(source_.asked, asked);
}

TEST_F(CorpusCopyTest, DamagedOneIsFetchedAnew) {
  ASSERT_TRUE(get().ok());
  const auto asked = source_.asked;
  std::fstream file(place() + "/features/video.safetensors", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-4, std::ios::end);
  file.write("\0\0\0\x40", 4);
  file.close();

  const auto copy = get();

  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(source_.asked, 2 * asked);
  EXPECT_EQ(data::load_corpus(copy->folder())->id, id_);
}

TEST_F(CorpusCopyTest, IncompleteOneIsFetchedAnew) {
  ASSERT_TRUE(get().ok());
  fs::remove(place() + "/features/audio.safetensors");

  ASSERT_TRUE(get().ok());

  EXPECT_TRUE(fs::exists(place() + "/features/audio.safetensors"));
}

TEST_F(CorpusCopyTest, LeftoverOfADeadRunIsNeverUsed) {
  make_copy("0", 0h);  // makes the folders
  fs::create_directories(place(".part") + "/features");
  std::ofstream(place(".part") + "/features/audio.safetensors") << "half";
  std::ofstream(place(".part") + "/junk") << "junk";

  const auto copy = get();

  ASSERT_TRUE(copy.ok()) << copy.error().message;
  EXPECT_EQ(data::load_corpus(copy->folder())->id, id_);
  EXPECT_FALSE(fs::exists(place() + "/junk"));
  EXPECT_FALSE(fs::exists(place(".part")));
}

TEST_F(CorpusCopyTest, AnotherCorpusIsRefused) {
  id_.hex = std::string(32, 'a');

  const Error refused = error();

  EXPECT_EQ(refused.code, ErrorCode::corrupt);
  EXPECT_THAT(refused.message, HasSubstr("expected " + id_.hex));
  expect_nothing_left();
}

TEST_F(CorpusCopyTest, ChangedBytesAreRefused) {
  source_.spoil = [](const CorpusRequest& request, CorpusAnswer& answer) {
    if (request.file == "features/video.safetensors" && request.offset > 0) answer.bytes[8] ^= 1;
  };

  EXPECT_FALSE(get().ok());
  expect_nothing_left();
}

TEST_F(CorpusCopyTest, ShortPartIsRefused) {
  source_.spoil = [](const CorpusRequest& request, CorpusAnswer& answer) {
    if (!request.file.empty()) answer.bytes.pop_back();
  };

  EXPECT_THAT(error().message, HasSubstr("corpus.json: got "));
  expect_nothing_left();
}

TEST_F(CorpusCopyTest, FileThatIsGoneIsNamed) {
  fs::remove(shared_ + "/features/video.safetensors");

  EXPECT_THAT(error().message, HasSubstr(shared_ + "/features/video.safetensors: No such file"));
  expect_nothing_left();
}

TEST_F(CorpusCopyTest, FileThatGoesMeanwhileIsNamed) {
  source_.spoil = [&](const CorpusRequest& request, CorpusAnswer&) {
    if (request.file == "utterances.csv") fs::remove(shared_ + "/features/text.safetensors");
  };

  EXPECT_THAT(error().message, HasSubstr("features/text.safetensors: No such file"));
  expect_nothing_left();
}

TEST_F(CorpusCopyTest, FileThatShrinksMeanwhileIsNamed) {
  source_.spoil = [&](const CorpusRequest& request, CorpusAnswer&) {
    if (request.file.empty()) fs::resize_file(shared_ + "/features/video.safetensors", 1 << 20);
  };

  EXPECT_THAT(error().message, HasSubstr("features/video.safetensors: became shorter"));
  expect_nothing_left();
}

TEST_F(CorpusCopyTest, NamesOutsideTheFolderAreRefused) {
  for (const char* name : {"../stolen", "/etc/stolen", "features/../../stolen", ""}) {
    source_.spoil = [&](const CorpusRequest& request, CorpusAnswer& answer) {
      if (request.file.empty()) answer.files.back().name = name;
    };
    EXPECT_THAT(error().message, HasSubstr("expected a path inside the corpus folder"));
    expect_nothing_left();
  }
}

TEST_F(CorpusCopyTest, FullDiskLeavesNothing) {
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small { 3 << 20, before.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);

  const Error full = error();
  ::setrlimit(RLIMIT_FSIZE, &before);

  EXPECT_EQ(full.code, ErrorCode::no_space);
  EXPECT_THAT(full.message, HasSubstr("features/video.safetensors"));
  expect_nothing_left();
}

TEST_F(CorpusCopyTest, CorpusThatIsLargerThanTheFreeSpaceIsNotBegun) {
  source_.spoil = [](const CorpusRequest& request, CorpusAnswer& answer) {
    if (request.file.empty()) answer.files.back().bytes = std::int64_t{1} << 60;
  };

  const Error full = error();

  EXPECT_EQ(full.code, ErrorCode::no_space);
  EXPECT_THAT(full.message, HasSubstr("set MER_LOCAL"));
  EXPECT_EQ(source_.asked, 1U);
  expect_nothing_left();
}

TEST_F(CorpusCopyTest, FolderThatOthersMayEnterIsRefused) {
  fs::create_directory(local_);
  fs::permissions(local_, fs::perms(0755));

  EXPECT_THAT(error().message, HasSubstr(local_ + ": expected a folder of this user with mode 0700"));
}

TEST_F(CorpusCopyTest, LinkInPlaceOfTheFolderIsRefused) {
  fs::create_directory(folder_.path() / "elsewhere");
  fs::permissions(folder_.path() / "elsewhere", fs::perms::owner_all);
  fs::create_directory_symlink(folder_.path() / "elsewhere", local_);

  EXPECT_THAT(error().message, HasSubstr(local_ + ": expected a folder"));
}

TEST_F(CorpusCopyTest, FolderThatOthersMayRenameIsRefused) {
  fs::permissions(folder_.path(), fs::perms::all);

  EXPECT_THAT(error().message, HasSubstr("expected the sticky bit"));
}

TEST_F(CorpusCopyTest, WorkersThatComeTogetherFetchOnce) {
  std::vector<std::thread> threads;
  std::vector<DirectSource> sources(4);
  std::atomic<int> copies = 0;
  for (DirectSource& source : sources) {
    threads.emplace_back([&] { copies += CorpusCopy::get(local_, id_, shared_, source).ok() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(copies, 4);
  EXPECT_EQ(std::ranges::count_if(sources, [](const DirectSource& source) { return source.asked > 0; }), 1);
}

// Another process that fetches, as its lock says.
class Holder {
 public:
  explicit Holder(const std::string& lock) {
    Pipe ready = *Pipe::make();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::flock(::open(lock.c_str(), O_RDWR | O_CREAT, 0600), LOCK_EX);
      (void)!::write(ready.write_end.get(), "x", 1);
      while (true) ::pause();
    }
    char byte = 0;
    EXPECT_EQ(::read(ready.read_end.get(), &byte, 1), 1);
  }
  ~Holder() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

 private:
  pid_t pid_;
};

TEST_F(CorpusCopyTest, NextWorkerTakesOverFromOneThatWasKilled) {
  make_copy("0", 0h);
  auto holder = std::make_unique<Holder>(place(".lock"));
  auto copy = std::async(std::launch::async, [&] { return get(); });
  EXPECT_EQ(copy.wait_for(100ms), std::future_status::timeout) << "it waits for the one that fetches";

  holder.reset();

  EXPECT_TRUE(copy.get().ok());
}

TEST_F(CorpusCopyTest, WaitingCanBeGivenUp) {
  make_copy("0", 0h);
  const Holder holder(place(".lock"));
  auto copy = std::async(std::launch::async, [&] { return get(); });

  source_.leaves = true;

  EXPECT_EQ(copy.get().error().code, ErrorCode::unavailable);
}

TEST_F(CorpusCopyTest, CopiesThatNobodyUsedForAWeekGo) {
  make_copy("01d", 8 * 24h);
  make_copy("2ece", 6 * 24h);
  make_copy("1abe1", 30 * 24h);
  const Holder long_run(local_ + "/corpora/1abe1.lock");

  ASSERT_TRUE(get().ok());

  EXPECT_FALSE(fs::exists(local_ + "/corpora/01d"));
  EXPECT_FALSE(fs::exists(local_ + "/corpora/01d.lock"));
  EXPECT_TRUE(fs::exists(local_ + "/corpora/2ece"));
  EXPECT_TRUE(fs::exists(local_ + "/corpora/1abe1"));
}

TEST_F(CorpusCopyTest, UseKeepsACopyForAnotherWeek) {
  ASSERT_TRUE(get().ok());
  fs::last_write_time(place(".lock"), fs::file_time_type::clock::now() - 30 * 24h);

  ASSERT_TRUE(get().ok());

  EXPECT_GT(fs::last_write_time(place(".lock")), fs::file_time_type::clock::now() - 1h);
}

TEST(LocalFolderTest, IsWhereTheUserSaysElseOfTheJobElseTheTemporaryFolder) {
  const std::string user = "/mer-" + std::to_string(::geteuid());
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;

  ::setenv("TMPDIR", "/scratch", 1);
  EXPECT_EQ(local_folder(), "/scratch" + user);
  ::setenv("SLURM_TMPDIR", "/scratch/job", 1);
  EXPECT_EQ(local_folder(), "/scratch/job" + user);
  ::setenv("MER_LOCAL", "/fast", 1);
  EXPECT_EQ(local_folder(), "/fast" + user);
  ::unsetenv("MER_LOCAL");
  ::unsetenv("SLURM_TMPDIR");
  ::unsetenv("TMPDIR");
  EXPECT_EQ(local_folder(), "/tmp" + user);
  if (before != nullptr) ::setenv("TMPDIR", kept.c_str(), 1);
}

}  // namespace
}  // namespace mer::worker
