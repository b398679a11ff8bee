// At each call by which an extraction writes to the corpus folder, in turn: the process is killed, or the call fails.
// What stands there then is complete or absent, and the same command ends with the bytes of an undisturbed one.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <sys/wait.h>
#include <system_error>
#include <tuple>
#include <unistd.h>

#include "core/json.hpp"
#include "data/corpus.hpp"
#include "data/feature_lock.hpp"
#include "data/file_io.hpp"
#include "tests/faults/write_faults.hpp"
#include "worker/extractor/extraction.hpp"

// What AddressSanitizer remembers for its reports makes hundreds of forks slow.
extern "C" const char* __asan_default_options();
const char* __asan_default_options() {
  return "quarantine_size_mb=0:thread_local_quarantine_size_kb=0:max_malloc_fill_size=0:malloc_context_size=1:detect_"
         "leaks=0";
}

namespace mer::extractor {
namespace {

namespace fs = std::filesystem;
using faults::Kind;
using nlohmann::json;

constexpr long kFewestPoints = 15;  // an extraction has more; fewer would mean that they are not counted
constexpr const char* kFeatureFile = "features/text.safetensors";

struct FaultCase {
  const char* name;
  Kind kind;
  long times;
};
void PrintTo(const FaultCase& fault, std::ostream* out) {
  *out << fault.name;
}
constexpr FaultCase kFaults[] = {
    {"Kill", Kind::kill_before, 1},
    {"IoErrorOnce", Kind::io, 1},
    {"IoErrorLasting", Kind::io, faults::kLasting},
    {"NoSpaceOnce", Kind::no_space, 1},
    {"NoSpaceLasting", Kind::no_space, faults::kLasting},
    {"ShortWrites", Kind::short_write, faults::kLasting},
};

// The number of letters, and a setting that is added to it.
class Letters : public Method {
 public:
  explicit Letters(int added) : added_(added) {}
  int dim() const override { return 2; }
  json parameters() const override { return {{"added", added_}}; }
  json versions() const override { return {{"letters", "1"}}; }
  Result<std::vector<float>> features(std::string_view input) const override {
    return std::vector<float>{float(input.size()), float(int(input.size()) + added_)};
  }

 private:
  int added_;
};

class Quiet : public Listener {
 public:
  void say(const std::string& /*line*/) override {}
  void show(const Progress& /*progress*/) override {}
  bool stop() override { return false; }
};

// As mer-extractor does it.
Status extract_into(const fs::path& corpus, int added) {
  const std::string folder = corpus.string();
  data::Recordings recordings;
  recordings.root = "raw";
  for (const char* text : {"one", "three", ""}) {
    recordings.rows.push_back({"u" + std::to_string(recordings.rows.size()), "u.wav", 1.0, text});
  }
  MER_ASSIGN(const data::FeatureLock lock, data::FeatureLock::acquire(folder));
  Quiet listener;
  const Request request{folder, "text", Method::Input::text, "letters", 1, true};
  MER_ASSIGN(const Outcome outcome, extract(request, Letters(added), recordings, listener));
  return outcome.end == Outcome::End::written ? Status() : invalid("is not written");
}

// In memory where there is such a place: an extraction waits for the disk a dozen times.
fs::path new_folder() {
  const fs::path memory = "/dev/shm";
  const bool usable = ::access(memory.c_str(), W_OK) == 0;
  std::string pattern = ((usable ? memory : fs::temp_directory_path()) / "mer-faults-XXXXXX").string();
  return ::mkdtemp(pattern.data());
}

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Ended {
  int status = 0;      // of waitpid
  std::string points;  // of a run that came to its end
  std::string error;
  bool killed() const { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }
  bool well() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
  bool failed() const { return WIFEXITED(status) && WEXITSTATUS(status) == 1; }
};

// Into a folder without features, and into one that has others.
class ExtractionPointsTest : public testing::TestWithParam<std::tuple<bool, FaultCase>> {
 protected:
  using Files = std::map<std::string, std::string>;

  ~ExtractionPointsTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void SetUp() override {
    fs::create_directories(before());
    std::ofstream(before() / "utterances.csv") << "utterance,dialogue,turn,session,speaker,label\n"
                                                  "u0,d,0,s,a,x\nu1,d,1,s,b,y\nu2,d,2,s,a,x\n";
    std::ofstream(before() / "corpus.json")
        << R"({"format": 1, "name": "c", "labels": ["x", "y"], "utterances": 3, "modalities": {}})";
    if (std::get<0>(GetParam())) {
      const Status made = extract_into(before(), 5);
      ASSERT_TRUE(made) << made.error().message;
    }
  }

  fs::path before() const { return folder_ / "before"; }
  fs::path corpus() const { return folder_ / "corpus"; }

  void start_anew() const {
    fs::remove_all(corpus());
    fs::copy(before(), corpus(), fs::copy_options::recursive);
  }

  Ended run(const faults::Fault& fault) const {
    const fs::path points = folder_ / "points", error = folder_ / "error";
    fs::remove(points);
    fs::remove(error);
    const pid_t child = ::fork();
    if (child == 0) {
      faults::arm(corpus().string(), fault, false);
      const Status extracted = extract_into(corpus(), 1);
      faults::disarm();
      std::ofstream(points) << faults::points();
      if (!extracted) std::ofstream(error) << extracted.error().message;
      ::_exit(extracted ? 0 : 1);
    }
    Ended ended;
    ::waitpid(child, &ended.status, 0);
    ended.points = text_of(points);
    ended.error = text_of(error);
    return ended;
  }

  // Everything there, but for the lock and for when it was made.
  static Files files_in(const fs::path& corpus) {
    Files files;
    for (const auto& entry : fs::recursive_directory_iterator(corpus)) {
      if (entry.is_regular_file()) files[fs::relative(entry.path(), corpus).string()] = text_of(entry.path());
    }
    files.erase("features/.lock");
    json described = json::parse(files["corpus.json"]);
    if (described.contains("features") && described["features"].contains("text")) {
      described["features"]["text"].erase("extracted");
    }
    files["corpus.json"] = described.dump();
    return files;
  }

  void expect_complete_or_absent(const Files& calm) const {
    Files now = files_in(corpus()), then = files_in(before());
    for (const Files* known : {&calm, static_cast<const Files*>(&then)}) {
      if (now["corpus.json"] != known->at("corpus.json")) continue;
      EXPECT_TRUE(!known->contains(kFeatureFile) || now[kFeatureFile] == known->at(kFeatureFile));
      return;
    }
    EXPECT_EQ(json::parse(now["corpus.json"])["modalities"], json::object());
  }

 private:
  const fs::path folder_ = new_folder();
};

void expect_the_right_end(const Ended& ended, Kind kind) {
  if (kind == Kind::kill_before) {
    EXPECT_TRUE(ended.killed()) << "status " << ended.status;
  } else if (kind == Kind::short_write) {
    EXPECT_TRUE(ended.well()) << "status " << ended.status;
  } else {
    EXPECT_TRUE(ended.well() || ended.failed()) << "status " << ended.status;
    const char* words = kind == Kind::no_space ? "No space left on device; free some space" : "Input/output error";
    EXPECT_TRUE(ended.well() || ended.error.find(words) != std::string::npos) << ended.error;
  }
}

TEST_P(ExtractionPointsTest, TheSameCommandEndsWithTheSameBytes) {
  const FaultCase fault = std::get<1>(GetParam());
  start_anew();
  const Ended undisturbed = run({});
  ASSERT_TRUE(undisturbed.well()) << "status " << undisturbed.status;
  const Files calm = files_in(corpus());
  ASSERT_TRUE(data::load_corpus(corpus().string()));
  const long points = long(undisturbed.points.size());
  ASSERT_GT(points, kFewestPoints);

  int met = 0, ended_early = 0;
  for (long point = 1; point <= points && !HasFailure(); ++point) {
    SCOPED_TRACE("point " + std::to_string(point) + " of " + undisturbed.points);
    start_anew();
    const Ended ended = run({fault.kind, point, fault.times});
    if (ended.well() && long(ended.points.size()) < point) continue;  // it was faster, and synced once less
    ++met;
    ended_early += ended.well() ? 0 : 1;
    expect_the_right_end(ended, fault.kind);
    expect_complete_or_absent(calm);
    const Ended again = run({});
    EXPECT_TRUE(again.well()) << "status " << again.status;
    EXPECT_EQ(files_in(corpus()), calm);
  }
  EXPECT_GT(met, kFewestPoints);
  EXPECT_EQ(ended_early > kFewestPoints, fault.kind != Kind::short_write) << ended_early;
}

std::string name_of_case(const testing::TestParamInfo<std::tuple<bool, FaultCase>>& info) {
  return std::string(std::get<1>(info.param).name) + (std::get<0>(info.param) ? "Replacing" : "");
}
INSTANTIATE_TEST_SUITE_P(EachFault, ExtractionPointsTest, testing::Combine(testing::Bool(), testing::ValuesIn(kFaults)),
                         name_of_case);

}  // namespace
}  // namespace mer::extractor
