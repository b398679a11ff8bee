// The real program: its frames, its ends.
#include <ATen/ATen.h>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "core/exit_code.hpp"
#include "core/frame.hpp"
#include "core/json.hpp"
#include "core/messages.hpp"
#include "core/sha256.hpp"
#include "data/file_io.hpp"
#include "data/safetensors.hpp"
#include "tests/trainer/tiny_study.hpp"
#include "worker/trainer/tensor_bytes.hpp"

namespace mer::trainer {
namespace {

constexpr const char* kProgram = MER_BINARY_DIR "/bin/mer-trainer";

// A trainer as the agent starts it: commands on descriptor 0, reports on 3.
class TrainerProcess {
 public:
  TrainerProcess() {
    EXPECT_EQ(pipe2(commands_.data(), O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(reports_.data(), O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(commands_[0], 0);
      if (reports_[1] == 3)
        fcntl(3, F_SETFD, 0);
      else
        dup2(reports_[1], 3);
      const int log = open("/dev/null", O_WRONLY);
      dup2(log, 1);
      dup2(log, 2);
      execl(kProgram, kProgram, nullptr);
      _exit(127);
    }
    close(commands_[0]);
    close(reports_[1]);
  }
  ~TrainerProcess() {
    close_commands();
    close(reports_[0]);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  void send(const Message& message) {
    const std::string frame = frame_of(encode(message));
    ASSERT_EQ(write(commands_[1], frame.data(), frame.size()), ssize_t(frame.size()));
  }
  void close_commands() {
    if (commands_[1] >= 0) close(commands_[1]);
    commands_[1] = -1;
  }
  void signal(int number) { kill(pid_, number); }

  // The next message; nullopt at the end of the stream.
  std::optional<Message> next() {
    for (;;) {
      auto payload = frames_.next();
      EXPECT_TRUE(payload.ok());
      if (!payload) return std::nullopt;
      if (payload->has_value()) {
        auto message = decode(**payload);
        EXPECT_TRUE(message.ok());
        return message ? std::optional(*message) : std::nullopt;
      }
      std::array<char, 4096> buffer;
      const ssize_t got = read(reports_[0], buffer.data(), buffer.size());
      if (got <= 0) return std::nullopt;
      frames_.feed({buffer.data(), std::size_t(got)});
    }
  }

  template <class Event>
  std::optional<Event> wait_for() {
    while (auto message = next()) {
      const auto* report = std::get_if<Report>(&*message);
      if (report == nullptr) continue;
      if (const auto* event = std::get_if<Event>(&report->event)) return *event;
    }
    return std::nullopt;
  }

  int exit_code() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  std::size_t pending_bytes() const { return frames_.pending(); }

 private:
  std::array<int, 2> commands_{}, reports_{};
  pid_t pid_ = -1;
  FrameReader frames_;
};

TrialJob endless(const TinyStudy& study) {
  TrialJob trial = study.trial(0);
  trial.spec.train.epochs = 1'000'000;
  return trial;
}

TEST(MerTrainerTest, ReportsTheSameNumbersAsTheLibraryInWholeFrames) {
  const TinyStudy study;
  const StackJob job = study.job({study.trial(0), study.trial(1)});
  const RecordedRun expected(job);
  TrainerProcess trainer;
  trainer.send(Assign{job});
  trainer.send(Shutdown{});

  RecordingSink received;
  int beats = 0;
  while (auto message = trainer.next()) {
    if (std::holds_alternative<Beat>(*message)) ++beats;
    EXPECT_TRUE(received.send(*message).ok());
  }

  EXPECT_EQ(trainer.exit_code(), 0);
  EXPECT_EQ(trainer.pending_bytes(), 0U);
  EXPECT_GE(beats, 1);
  for (const TrialJob& trial : job.trials) {
    EXPECT_EQ(numbers_of(received, trial.spec.id), numbers_of(expected.sink, trial.spec.id));
  }
  const Environment environment = received.events<AttemptStarted>(job.trials[0].spec.id).at(0).environment;
  EXPECT_EQ(environment.device, "cpu");
  EXPECT_FALSE(environment.host.empty());
  const auto versions = nlohmann::json::parse(environment.versions);
  EXPECT_EQ(versions.at("libtorch").get<std::string>().substr(0, 2), "2.");
  EXPECT_EQ(versions.at("program_sha256"), sha256_hex(*data::read_file(kProgram, std::size_t{1} << 30)));
  for (const char* key : {"blas", "openmp", "libc", "vector_code", "cpu_capability", "kernel", "compiler", "build"}) {
    EXPECT_FALSE(versions.at(key).get<std::string>().empty()) << key;
  }
}

TEST(MerTrainerTest, RecordsTheVariablesThatSteerItsLibraries) {
  ::setenv("MKL_CBWR", "COMPATIBLE", 1);
  const TinyStudy study;
  TrainerProcess trainer;
  ::unsetenv("MKL_CBWR");
  trainer.send(Assign{study.job({study.trial(0)})});

  const auto started = trainer.wait_for<AttemptStarted>();

  ASSERT_TRUE(started);
  const auto variables = nlohmann::json::parse(started->environment.versions).at("variables");
  EXPECT_EQ(variables.at("MKL_CBWR"), "COMPATIBLE");
  EXPECT_FALSE(variables.contains("PATH"));
}

TEST(MerTrainerTest, EndsAsOrphanWhenItsPipeCloses) {
  const TinyStudy study;
  TrainerProcess trainer;
  trainer.send(Assign{study.job({endless(study)})});
  ASSERT_TRUE(trainer.wait_for<EpochDone>());

  trainer.close_commands();

  EXPECT_EQ(trainer.exit_code(), int(ExitCode::orphaned));
}

TEST(MerTrainerTest, EndsAsOrphanWithoutAJob) {
  TrainerProcess trainer;

  trainer.close_commands();

  EXPECT_EQ(trainer.exit_code(), int(ExitCode::orphaned));
}

TEST(MerTrainerTest, AStopRequestEndsItWithACheckpoint) {
  const TinyStudy study;
  TrainerProcess trainer;
  StackJob job = study.job({endless(study)});
  job.checkpoint_seconds = 1000;
  trainer.send(Assign{job});
  ASSERT_TRUE(trainer.wait_for<EpochDone>());

  trainer.send(StopTrials{});

  const auto saved = trainer.wait_for<CheckpointSaved>();
  const auto stopped = trainer.wait_for<AttemptStopped>();
  ASSERT_TRUE(saved && stopped);
  EXPECT_EQ(saved->checkpoint.epoch, stopped->epoch);
  trainer.send(Shutdown{});
  EXPECT_EQ(trainer.exit_code(), 0);
}

TEST(MerTrainerTest, TrialsJoinWhileOthersTrainAndAfterTheLastHasEnded) {
  const TinyStudy study;
  StackJob job = study.job({endless(study)});
  job.slots = 2;
  TrainerProcess trainer;
  trainer.send(Assign{job});
  ASSERT_TRUE(trainer.wait_for<EpochDone>());

  trainer.send(Assign{study.job({study.trial(1)})});
  const auto beside = trainer.wait_for<AttemptFinished>();
  trainer.send(StopTrials{});
  ASSERT_TRUE(trainer.wait_for<AttemptStopped>());
  trainer.send(Assign{study.job({study.trial(2)})});
  const auto after = trainer.wait_for<AttemptFinished>();
  trainer.send(Shutdown{});

  ASSERT_TRUE(beside && after);
  const auto weights_alone = [&](std::uint64_t seed) {
    return numbers_of(RecordedRun(study.job({study.trial(seed)})).sink, study.trial(seed).spec.id).weights;
  };
  EXPECT_EQ(beside->result.weights_sha256, weights_alone(1));
  EXPECT_EQ(after->result.weights_sha256, weights_alone(2));
  EXPECT_EQ(trainer.exit_code(), 0);
}

TEST(MerTrainerTest, MemoryThatRunsOutHasAnExitCodeOfItsOwn) {
  const TinyStudy study;
  StackJob job = study.job({study.trial(0)});
  job.trials[0].spec.model.hidden = 2'000'000;  // matrices of 12 TB
  const std::string file = study.store() + "/job.json";
  std::ofstream(file) << nlohmann::json(job).dump();

  // The sanitizer's allocator would end the process by itself.
  const std::string command =
      "ASAN_OPTIONS=allocator_may_return_null=1 " + std::string(kProgram) + " --job " + file + " 2>/dev/null";

  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), int(ExitCode::no_memory));
}

TEST(MerTrainerTest, SigtermAndSigusr1StopWithACheckpoint) {
  const TinyStudy study;
  for (const int number : {SIGTERM, SIGUSR1}) {
    TrainerProcess trainer;
    trainer.send(Assign{study.job({endless(study)})});
    ASSERT_TRUE(trainer.wait_for<EpochDone>());

    trainer.signal(number);

    const auto stopped = trainer.wait_for<AttemptStopped>();
    ASSERT_TRUE(stopped);
    EXPECT_GE(stopped->epoch, 1);
    EXPECT_EQ(trainer.exit_code(), 0);
  }
}

TEST(MerTrainerTest, DiesWithItsParent) {
  const TinyStudy study;
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe(ready.data()), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    TrainerProcess trainer;  // its pipes stay open in this process until it is killed
    trainer.send(Assign{study.job({endless(study)})});
    if (!trainer.wait_for<EpochDone>()) _exit(1);
    if (write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  }
  close(ready[1]);
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);

  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);

  EXPECT_EQ(read(ready[0], &byte, 1), 0);  // the trainer held the other end too
  close(ready[0]);
}

TEST(MerTrainerTest, RunsAJobFromAFileIntoAFile) {
  const TinyStudy study;
  const StackJob job = study.job({study.trial(0)});
  const std::string file = study.store() + "/job.json", out = study.store() + "/reports";
  nlohmann::json text = job;
  for (const char* key : {"gang", "gang_rank", "memory", "threads"}) text.erase(key);  // at their defaults
  std::ofstream(file) << text.dump(1);

  const std::string command = std::string(kProgram) + " --job " + file + " --out " + out;
  ASSERT_EQ(std::system(command.c_str()), 0);

  std::ifstream in(out, std::ios::binary);
  FrameReader frames;
  frames.feed(std::string(std::istreambuf_iterator<char>(in), {}));
  RecordingSink received;
  for (auto payload = frames.next(); payload && payload->has_value(); payload = frames.next()) {
    EXPECT_TRUE(received.send(decode(**payload).value()).ok());
  }
  EXPECT_EQ(frames.pending(), 0U);
  EXPECT_EQ(numbers_of(received, job.trials[0].spec.id), numbers_of(RecordedRun(job).sink, job.trials[0].spec.id));
}

TEST(MerTrainerTest, ProbesAFileIntoAFile) {
  const TemporaryFolder folder;
  const std::string in = MER_SOURCE_DIR "/tests/golden/model/case_default.safetensors";
  const std::string out = (folder.path() / "out.safetensors").string();

  ASSERT_EQ(std::system((std::string(kProgram) + " --probe " + in + " " + out).c_str()), 0);

  const auto input = data::SafetensorsFile::open(in).value(), answer = data::SafetensorsFile::open(out).value();
  for (const auto& [name, expected] : input.tensors()) {
    if (!name.starts_with("expected.")) continue;
    const auto found = answer.find(name.substr(9));
    ASSERT_TRUE(found.ok()) << name;
    EXPECT_LT((tensor_of(*found) - tensor_of(expected)).abs().max().item<double>(), 1e-9) << name;
  }
}

TEST(MerTrainerTest, AProbeOfNoFileIsAnErrorThatNamesIt) {
  const int status = std::system((std::string(kProgram) + " --probe none.safetensors out 2>/dev/null").c_str());

  EXPECT_EQ(WEXITSTATUS(status), int(ExitCode::usage));
}

TEST(MerTrainerTest, ABadJobFileIsAUsageError) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "job.json").string();
  for (const char* text : {R"({"store": 3})", R"({"slot": 3})", R"([])", R"({"gang": 2})"}) {
    std::ofstream(file) << text;
    const int status = std::system((std::string(kProgram) + " --job " + file + " 2>/dev/null").c_str());
    EXPECT_EQ(WEXITSTATUS(status), int(ExitCode::usage)) << text;
  }
}

}  // namespace
}  // namespace mer::trainer
