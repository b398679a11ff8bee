// A trainer without a model: speaks the frames of docs/protocol.md with metrics in closed form, so that agent,
// coordinator and store can be tested without LibTorch. It misbehaves on request:
//
//   MER_FAKE           crash | exit3 | hang | silent | truncated | garbage | linger | diverge | flood, after the first
//                      epoch; flood: prints 20,000 lines and crashes
//   MER_FAKE_ATTEMPTS  misbehave up to this attempt of a trial (default 1)
//   MER_FAKE_EPOCH_MS  time an epoch takes (default 1)
//   MER_FAKE_PIDFILE   append "pid core-list" there at the start
//   MER_FAKE_MEMBER    what a gang's members do instead of MER_FAKE, which is its leader's then
//
// In a gang it adds up one number an epoch and ends with status 4 if the sum is wrong.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <poll.h>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>

#include "core/exit_code.hpp"
#include "core/frame.hpp"
#include "core/messages.hpp"
#include "core/sha256.hpp"

namespace {

using namespace std::chrono_literals;

std::string variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

void write_all(const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(3, bytes.data() + done, bytes.size() - done);
    if (written < 0) std::_Exit(int(mer::ExitCode::orphaned));
    done += std::size_t(written);
  }
}

void send(const mer::Message& message) {
  write_all(mer::frame_of(mer::encode(message)));
}

// Frames from descriptor 0. The end of the stream ends the process.
class Commands {
 public:
  std::optional<mer::Message> next(int milliseconds) {
    while (true) {
      const auto frame = frames_.next();
      if (frame && *frame) {
        auto message = mer::decode(**frame);
        if (!message) std::_Exit(2);
        return std::move(message).value();
      }
      pollfd watched{0, POLLIN, 0};
      if (::poll(&watched, 1, milliseconds) <= 0) return std::nullopt;
      char chunk[65536];
      const ssize_t got = ::read(0, chunk, sizeof(chunk));
      if (got <= 0) std::_Exit(int(mer::ExitCode::orphaned));
      frames_.feed({chunk, std::size_t(got)});
    }
  }

 private:
  mer::FrameReader frames_;
};

mer::EpochRow row_of(const mer::TrialSpec& spec, mer::Split split, int epoch) {
  mer::EpochRow row;
  row.split = split;
  row.epoch = epoch;
  row.utterances = 40;
  row.losses.total = 1.0 / (epoch + double(spec.seed)) + (split == mer::Split::test ? 0.5 : 0);
  row.losses.task = row.losses.total;
  row.confusion = mer::ConfusionMatrix(2);
  row.confusion.at(0, 0) = 20;
  row.confusion.at(1, 1) = epoch % 20;
  row.confusion.at(1, 0) = 20 - epoch % 20;
  if (split == mer::Split::train) row.gradient_norm = row.learning_rate = 0.5;
  return row;
}

mer::TrialResult result_of(const mer::TrialSpec& spec) {
  mer::TrialResult result;
  result.epochs = spec.train.epochs;
  for (const auto rule : {mer::SelectionRule::last, mer::SelectionRule::best_test}) {
    const mer::EpochRow row = row_of(spec, mer::Split::test, spec.train.epochs);
    result.selected.push_back(
        {rule, mer::Metric::macro_f1, spec.train.epochs, row.confusion, std::vector<float>(80, 0.5F)});
  }
  result.weights_sha256 = mer::sha256_hex(spec.id.hex);
  result.parameters = 1;
  return result;
}

mer::CheckpointRecord save_checkpoint(const mer::StackJob& job, const mer::TrialJob& trial, int epoch) {
  const std::string content = trial.spec.id.hex + " " + std::to_string(epoch) + "\n";
  const std::string file = "checkpoints/" + trial.spec.id.hex + "/" + std::to_string(trial.attempt) + "-" +
                           std::to_string(epoch) + ".safetensors";
  const std::filesystem::path path = std::filesystem::path(job.store) / file;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << content;
  return {trial.spec.id, trial.attempt, epoch, file, mer::sha256_hex(content), std::int64_t(content.size())};
}

void misbehave(const std::string& how) {
  for (int line = 0; how == "flood" && line < 20000; ++line) std::fprintf(stderr, "line %d\n", line);
  if (how == "crash" || how == "flood") {
    std::fprintf(stderr, "about to crash\n");
    std::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
  }
  if (how == "exit3") std::_Exit(3);
  if (how == "silent") ::raise(SIGSTOP);
  if (how == "garbage") write_all(mer::frame_of("no message"));
  if (how == "truncated") {
    const std::string frame = mer::frame_of(mer::encode(mer::Beat{1}));
    write_all(frame.substr(0, frame.size() - 1));
    std::_Exit(0);
  }
  while (how == "hang") {  // alive, but without progress
    std::this_thread::sleep_for(50ms);
    send(mer::Beat{1});
  }
}

void note_process() {
  const std::string file = variable("MER_FAKE_PIDFILE", "");
  if (file.empty()) return;
  std::string line = std::to_string(::getpid());
  cpu_set_t cores;
  ::sched_getaffinity(0, sizeof(cores), &cores);
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &cores)) line += " " + std::to_string(core);
  }
  std::ofstream(file, std::ios::app) << line + "\n";
}

class FakeTrainer {
 public:
  explicit FakeTrainer(mer::StackJob job) : job_(std::move(job)), waiting_(job_.trials.begin(), job_.trials.end()) {}

  // Until it is told that nothing more comes. A member of a gang ends with its trials.
  void run(Commands& commands) {
    if (job_.gang > 1) map_memory();
    if (job_.gang_rank > 0) return follow(commands);
    while (!ended_ || !waiting_.empty()) {
      if (waiting_.empty()) {
        stopping_ = false;
        listen(commands, 200);
        send(mer::Beat{steps_});
      } else {
        const mer::TrialJob trial = waiting_.front();
        waiting_.pop_front();
        train(trial, commands);
      }
    }
    while (variable("MER_FAKE", "") == "linger") {
      send(mer::Beat{steps_});
      std::this_thread::sleep_for(20ms);
    }
  }

 private:
  void map_memory() {
    void* const memory = ::mmap(nullptr, sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED, 4, 0);
    if (memory == MAP_FAILED) std::_Exit(5);
    number_ = static_cast<double*>(memory);
  }

  // 1 + 2 + ...: each member adds its rank and one.
  void add_up(Commands& commands) {
    if (number_ == nullptr) return;
    *number_ = job_.gang_rank + 1;
    send(mer::GangSum{0, true, 1, {}});
    while (true) {
      const auto message = commands.next(200);
      if (message && std::holds_alternative<mer::GangSum>(*message)) break;
      if (message && std::holds_alternative<mer::StopTrials>(*message)) stopping_ = true;
      if (message && std::holds_alternative<mer::Shutdown>(*message)) ended_ = true;
      send(mer::Beat{steps_});
    }
    if (*number_ != job_.gang * (job_.gang + 1) / 2) std::_Exit(4);
  }

  void follow(Commands& commands) {
    for (const mer::TrialJob& trial : waiting_) {
      const int last = std::stoi(variable("MER_FAKE_ATTEMPTS", "1"));
      for (int epoch = 1; epoch <= trial.spec.train.epochs; ++epoch) {
        send(mer::Beat{steps_});
        add_up(commands);
        misbehave(trial.attempt <= last ? variable("MER_FAKE_MEMBER", "") : "");
      }
    }
  }

  void train(const mer::TrialJob& trial, Commands& commands) {
    const auto report = [&](mer::AttemptEvent event) { send(mer::Report{trial.spec.id, trial.attempt, event}); };
    const int last = std::stoi(variable("MER_FAKE_ATTEMPTS", "1"));
    const std::string fault = trial.attempt <= last ? variable("MER_FAKE", "") : "";
    const int begin = trial.resume.empty() ? 0 : trial.resume.front().epoch;
    if (stopping_) return report(mer::AttemptStopped{begin});
    report(mer::AttemptStarted{{"fake-host", "cpu", "fake", "{}", 1, ::getpid()}, begin, {}});
    for (int epoch = begin + 1; epoch <= trial.spec.train.epochs; ++epoch) {
      if (stop_wanted(commands)) return report(mer::AttemptStopped{epoch - 1});
      send(mer::Beat{++steps_});
      add_up(commands);
      report(mer::EpochDone{{row_of(trial.spec, mer::Split::train, epoch), row_of(trial.spec, mer::Split::test, epoch)},
                            {epoch, 0.001, 0, 1}});
      report(mer::CheckpointSaved{save_checkpoint(job_, trial, epoch)});
      if (fault == "diverge") return report(mer::AttemptDiverged{epoch, epoch, "total"});
      misbehave(fault);
    }
    report(mer::AttemptFinished{result_of(trial.spec)});
  }

  // Waits as long as an epoch takes, beating, for a request to stop.
  bool stop_wanted(Commands& commands) {
    constexpr int kSlice = 200;
    for (int left = std::stoi(variable("MER_FAKE_EPOCH_MS", "1")); left >= 0 && !stopping_; left -= kSlice) {
      listen(commands, std::min(left, kSlice));
      send(mer::Beat{steps_});
    }
    return stopping_;
  }

  void listen(Commands& commands, int milliseconds) {
    const auto message = commands.next(milliseconds);
    if (!message) return;
    if (std::holds_alternative<mer::StopTrials>(*message)) stopping_ = true;
    if (std::holds_alternative<mer::Shutdown>(*message)) ended_ = true;
    if (const auto* joining = std::get_if<mer::Assign>(&*message)) {
      waiting_.insert(waiting_.end(), joining->job.trials.begin(), joining->job.trials.end());
    }
  }

  mer::StackJob job_;
  std::deque<mer::TrialJob> waiting_;
  double* number_ = nullptr;  // in the memory that it shares with its agent
  std::uint64_t steps_ = 0;
  bool stopping_ = false, ended_ = false;
};

}  // namespace

int main() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  note_process();
  Commands commands;
  const auto first = commands.next(-1);
  const auto* assign = first ? std::get_if<mer::Assign>(&*first) : nullptr;
  if (assign == nullptr) return 2;
  std::printf("fake trainer of %zu trials\n", assign->job.trials.size());
  std::printf("GPU %s, %g of it\n", variable("CUDA_VISIBLE_DEVICES", "any").c_str(), assign->job.gpu_fraction);
  std::printf("corpus %s\n", assign->job.corpus_path.c_str());
  std::fflush(stdout);
  FakeTrainer(assign->job).run(commands);
  return 0;
}
