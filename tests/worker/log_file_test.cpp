#include "worker/log_file.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/temp_dir.hpp"

namespace mer::worker {
namespace {

std::string content_of(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// As long as it lives, no file of this process grows beyond so many bytes: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

class LogFileTest : public testing::Test {
 protected:
  testing_support::TempDir folder_;
  std::filesystem::path path_ = folder_.path() / "logs/t/1.log";
};

TEST_F(LogFileTest, HoldsWhatIsPrintedAsItComes) {
  LogFile log(path_.string(), {});

  log.add("one\n");
  EXPECT_EQ(content_of(path_), "one\n");
  log.add("two\n");
  EXPECT_EQ(content_of(path_), "one\ntwo\n");
  log.finish();
  EXPECT_EQ(content_of(path_), "one\ntwo\n");
}

TEST_F(LogFileTest, AddsToAFileThatIsThere) {
  LogFile(path_.string(), {}).add("a note\n");

  LogFile(path_.string(), {}).add("printed\n");

  EXPECT_EQ(content_of(path_), "a note\nprinted\n");
}

TEST_F(LogFileTest, StaysBoundedAndEndsWithTheLastLines) {
  LogFile log(path_.string(), {.beginning = 1000, .end = 100});
  for (int line = 0; line < 100000; ++line) log.add("line " + std::to_string(line) + "\n");
  EXPECT_LT(std::filesystem::file_size(path_), 1200U);
  log.finish();

  const std::string text = content_of(path_);
  EXPECT_TRUE(text.starts_with("line 0\nline 1\n"));
  EXPECT_TRUE(text.ends_with("line 99998\nline 99999\n"));
  EXPECT_LT(text.size(), 1300U);
  EXPECT_TRUE(log.last_lines().ends_with("line 99999\n"));
}

TEST_F(LogFileTest, SaysWhatIsMissingWhenTheDiskHasSpaceAgain) {
  LogFile log(path_.string(), {});
  {
    const FullDisk full(6);
    log.add("one\ntwo\n");
    log.add("three\n");
    EXPECT_EQ(content_of(path_), "one\ntw");
  }
  log.add("four\n");
  log.finish();

  EXPECT_EQ(content_of(path_), "one\ntw\n[mer: 8 bytes are missing here: File too large]\nfour\n");
}

TEST_F(LogFileTest, SaysAtItsEndWhatIsMissing) {
  LogFile log(path_.string(), {});
  {
    const FullDisk full(4);
    log.add("one\ntwo\n");
  }
  log.finish();

  EXPECT_EQ(content_of(path_), "one\n\n[mer: 4 bytes are missing here: File too large]\n");
}

TEST_F(LogFileTest, ADiskThatStaysFullIsNobodysConcern) {
  std::filesystem::create_directories(path_.parent_path());
  std::filesystem::create_symlink("/dev/full", path_);
  LogFile log(path_.string(), {.beginning = 8, .end = 8});

  log.add("one\ntwo\nthree\n");
  log.finish();

  EXPECT_EQ(log.last_lines(), "three\n");
}

TEST_F(LogFileTest, AFolderThatCannotBeMadeCostsWhatIsPrintedUntilItCan) {
  std::ofstream(folder_.path() / "logs") << "in the way";
  LogFile log(path_.string(), {});
  log.add("one\n");
  std::filesystem::remove(folder_.path() / "logs");
  log.add("two\n");

  EXPECT_EQ(content_of(path_), "\n[mer: 4 bytes are missing here: Not a directory]\ntwo\n");
}

}  // namespace
}  // namespace mer::worker
