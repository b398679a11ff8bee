// At each call by which a run writes to its store, in turn: the process is killed, or the call fails. What the run had
// acknowledged is there, nothing counts twice, and the same command ends with what an undisturbed run ends with.
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "core/exit_code.hpp"
#include "tests/faults/store_check.hpp"
#include "tests/faults/tiny_run.hpp"
#include "tests/faults/write_faults.hpp"

// What AddressSanitizer remembers for its reports makes thousands of forks slow.
extern "C" const char* __asan_default_options();
const char* __asan_default_options() {
  return "quarantine_size_mb=0:thread_local_quarantine_size_kb=0:max_malloc_fill_size=0:malloc_context_size=1:detect_"
         "leaks=0";
}

namespace mer::faults {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

constexpr long kFewestPoints = 200;  // a run has more; fewer would mean that they are not counted
constexpr int kEnough = 3;           // failures, then the rest would only repeat them

struct FaultCase {
  const char* name;
  Kind kind;
  long times;
  const char* words;  // that the error of a run that ends may have, as a regular expression; empty: it must not end
};
void PrintTo(const FaultCase& fault, std::ostream* out) {
  *out << fault.name;
}
constexpr FaultCase kFaults[] = {
    {"Kill", Kind::kill_before, 1, ""},  // before a call is after the one before, and after what was said in between
    {"IoErrorOnce", Kind::io, 1, "I/O error|Input/output error"},
    {"IoErrorLasting", Kind::io, kLasting, "I/O error|Input/output error"},
    {"NoSpaceOnce", Kind::no_space, 1, "free some space"},
    {"NoSpaceLasting", Kind::no_space, kLasting, "free some space"},
    {"ShortWriteOnce", Kind::short_write, 1, ""},
    {"ShortWriteLasting", Kind::short_write, kLasting, ""},
    {"Interrupted", Kind::interrupted, 3, "I/O error|Interrupted"},  // for ever would be a call that never ends
};

// In memory where there is such a place: a run waits for the disk dozens of times.
fs::path new_folder() {
  const fs::path memory = "/dev/shm";
  const bool usable = ::access(memory.c_str(), W_OK) == 0;
  std::string pattern = ((usable ? memory : fs::temp_directory_path()) / "mer-faults-XXXXXX").string();
  return ::mkdtemp(pattern.data());
}

struct Ended {
  int status = 0;      // of waitpid
  std::string points;  // of a run that came to its end
  std::string output;
  bool killed() const { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }
  int code() const { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }
};

class WritePointsTest : public testing::TestWithParam<std::tuple<bool, FaultCase>> {
 protected:
  WritePointsTest() : folder_(new_folder()) {}
  ~WritePointsTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  bool network() const { return std::get<0>(GetParam()); }
  fs::path store() const { return folder_ / "store"; }
  fs::path journal() const { return folder_ / "journal"; }

  Ended run(const Fault& fault) {
    const fs::path output = folder_ / "output", points = folder_ / "points";
    const pid_t child = ::fork();
    if (child == 0) {
      const int file = ::open(output.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
      ::dup2(file, STDOUT_FILENO);
      ::dup2(file, STDERR_FILENO);
      arm(store().string(), fault, network());
      const int code = run_(store(), journal());
      disarm();
      std::ofstream(points) << faults::points();
      std::fflush(nullptr);
      ::_exit(code);
    }
    Ended ended;
    ::waitpid(child, &ended.status, 0);
    ended.points = text_of(points);
    ended.output = text_of(output);
    return ended;
  }

  static std::string text_of(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  void start_anew() {
    fs::remove_all(store());
    fs::remove(journal());
  }

  // What everything has led to, once the same command has come to its end without the fault.
  void expect_the_calm_end(const StoreState& calm, bool ended_already) {
    if (!ended_already) {
      expect_nothing_lost();
      const Ended again = run({});
      ASSERT_EQ(again.code(), 0) << again.output;
    }
    const StoreState state = state_of(store(), network(), lines_of(journal()), Depth::everything);
    EXPECT_EQ(state.integrity, "ok");
    EXPECT_THAT(state.lost, IsEmpty());
    EXPECT_EQ(state.bookkeeping, "");
    EXPECT_EQ(state.content, calm.content);
  }

  // After the run that the fault has met.
  void expect_nothing_lost() {
    const StoreState state = state_of(store(), network(), lines_of(journal()), Depth::acknowledged);
    EXPECT_TRUE(state.integrity == "ok" || state.integrity.empty()) << state.integrity;
    EXPECT_THAT(state.lost, IsEmpty());
  }

  static void expect_the_right_end(const Ended& ended, const FaultCase& fault) {
    if (fault.kind == Kind::kill_before) {
      EXPECT_TRUE(ended.killed()) << "status " << ended.status;
    } else if (*fault.words == '\0') {
      EXPECT_EQ(ended.code(), 0) << ended.output;
    } else if (ended.code() != 0) {
      EXPECT_EQ(ended.code(), int(ExitCode::internal));
      EXPECT_THAT(ended.output, testing::ContainsRegex(fault.words));
    }
  }

  static bool concerns(const FaultCase& fault, char call) {
    if (fault.kind == Kind::short_write) return call == 'w';
    return fault.kind != Kind::interrupted || call != '-';
  }

 private:
  fs::path folder_;
  TinyRun run_;
};

TEST_P(WritePointsTest, NothingIsLostAndNothingCountsTwice) {
  const FaultCase fault = std::get<1>(GetParam());
  const Ended undisturbed = run({});
  ASSERT_EQ(undisturbed.code(), 0) << undisturbed.output;
  const StoreState calm = state_of(store(), network(), lines_of(journal()), Depth::everything);
  ASSERT_EQ(calm.integrity, "ok");
  ASSERT_THAT(calm.lost, IsEmpty());
  ASSERT_EQ(calm.bookkeeping, "");
  const long points = long(undisturbed.points.size());
  ASSERT_GT(points, kFewestPoints);

  int failures = 0, ended_by_error = 0;
  for (long point = 1; point <= points && failures < kEnough; ++point) {
    if (!concerns(fault, undisturbed.points[std::size_t(point - 1)])) continue;
    SCOPED_TRACE("point " + std::to_string(point) + " of " + std::to_string(points));
    start_anew();
    const Ended ended = run({fault.kind, point, fault.times});
    ended_by_error += ended.code() != 0 ? 1 : 0;
    expect_the_right_end(ended, fault);
    // A checkpoint that is spent and cannot be removed waits for the next session.
    const bool may_leave_checkpoints = fault.kind == Kind::io || fault.kind == Kind::no_space;
    expect_the_calm_end(calm, ended.code() == 0 && !may_leave_checkpoints);
    failures += HasFailure() ? 1 : 0;
  }
  RecordProperty("points", int(points));
  RecordProperty("ended_by_error", ended_by_error);
  std::printf("%ld points, %d runs ended early\n", points, ended_by_error);
}

std::string name_of_case(const testing::TestParamInfo<std::tuple<bool, FaultCase>>& info) {
  return std::string(std::get<1>(info.param).name) + (std::get<0>(info.param) ? "RollbackJournal" : "Wal");
}
INSTANTIATE_TEST_SUITE_P(EachFault, WritePointsTest, testing::Combine(testing::Bool(), testing::ValuesIn(kFaults)),
                         name_of_case);

}  // namespace
}  // namespace mer::faults
