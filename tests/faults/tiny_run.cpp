#include "tests/faults/tiny_run.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

#include "cli/submit.hpp"
#include "core/descriptor.hpp"
#include "core/sha256.hpp"
#include "orchestrator/coordinator.hpp"
#include "storage/sqlite_reader.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_dir.hpp"
#include "tests/faults/write_faults.hpp"
#include "tests/storage/builders.hpp"
#include "tests/support/tiny_sweep.hpp"
#include "transport/loopback_transport.hpp"

namespace mer::faults {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int kMaxAttempts = 2;
constexpr int kMaxRounds = 1000;

class Journal {
 public:
  explicit Journal(const fs::path& file) : file_(::open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600)) {}

  void note(std::string line) {
    line += '\n';
    if (::write(file_.get(), line.data(), line.size()) != ssize_t(line.size())) std::abort();
  }

 private:
  Descriptor file_;
};

// Notes what leaves the coordinator.
class NotedTransport : public transport::Transport {
 public:
  NotedTransport(transport::Transport& real, Journal& journal) : real_(real), journal_(journal) {}

  int rank() const override { return real_.rank(); }
  int size() const override { return real_.size(); }
  void send(int to, const Message& message) override {
    if (const auto* assign = std::get_if<Assign>(&message)) {
      for (const TrialJob& trial : assign->job.trials) {
        journal_.note("assign " + trial.spec.id.hex + " " + std::to_string(trial.attempt));
      }
    }
    real_.send(to, message);
  }
  std::vector<transport::Envelope> poll() override { return real_.poll(); }
  bool flushed() const override { return real_.flushed(); }

 private:
  transport::Transport& real_;
  Journal& journal_;
};

// A worker and its trainer. It sends one part of a trial's reports a round.
class ScriptedWorker {
 public:
  ScriptedWorker(std::shared_ptr<transport::LoopbackHub> hub, std::string hopeless_fold)
      : endpoint_(std::move(hub), 1), hopeless_fold_(std::move(hopeless_fold)) {
    endpoint_.send(0, Hello{"host", 1, {0}, "cpu"});
  }

  void step() {
    for (const transport::Envelope& envelope : endpoint_.poll()) {
      const auto* assign = std::get_if<Assign>(&*envelope.message);
      if (assign == nullptr) continue;
      for (const TrialJob& trial : assign->job.trials) script(assign->job.store, trial);
    }
    if (parts_.empty()) return;
    for (const Report& report : parts_.front()) endpoint_.send(0, report);
    parts_.pop_front();
  }

 private:
  void script(const std::string& store, const TrialJob& trial) {
    const auto begin_part = [&] { parts_.emplace_back(); };
    const auto say = [&](AttemptEvent event) {
      parts_.back().push_back({trial.spec.id, trial.attempt, std::move(event)});
    };
    const int begin = trial.resume.empty() ? 0 : trial.resume.front().epoch;
    begin_part();
    say(AttemptStarted{{"host", "cpu", "test", "{}", 1, 1}, begin, {}});
    if (trial.spec.fold_name == hopeless_fold_) {
      return say(AttemptFailed{{Failure::Kind::error, 0, "this fold is hopeless", "last words"}, 1});
    }
    for (int epoch = begin + 1; epoch <= kEpochs; ++epoch) {
      say(storage::test::epoch_of(epoch, 1.0 / epoch));
      if (epoch == kEpochs) break;
      begin_part();
      say(CheckpointSaved{save_checkpoint(store, trial, epoch)});
      const bool crashes = trial.spec.fold_name.ends_with("2") && trial.attempt == 1;
      if (crashes) return say(AttemptFailed{{Failure::Kind::signal, 11, "trainer killed by signal 11", ""}, 1});
    }
    begin_part();
    say(storage::test::finished_of(7));
  }

  static CheckpointRecord save_checkpoint(const std::string& store, const TrialJob& trial, int epoch) {
    const Uncounted worker;
    const std::string file = storage::StoreDir::checkpoint_file(trial.spec.id, trial.attempt, epoch);
    const std::string content = trial.spec.id.hex + " " + std::to_string(epoch);
    fs::create_directories((fs::path(store) / file).parent_path());
    std::ofstream(fs::path(store) / file) << content;
    return {trial.spec.id, trial.attempt, epoch, file, sha256_hex(content), std::int64_t(content.size())};
  }

  transport::LoopbackTransport endpoint_;
  std::string hopeless_fold_;
  std::deque<std::vector<Report>> parts_;
};

// As orchestrator/main.cpp does it.
Result<ExitCode> coordinate(const fs::path& folder, SweepId sweep, const std::string& hopeless_fold, Journal& journal) {
  MER_ASSIGN(const auto store, storage::StoreDir::open(folder));
  MER_ASSIGN(const auto lock, storage::StoreLock::acquire(store));
  MER_ASSIGN(const auto writer, storage::SqliteStore::open(store));
  MER_TRY(writer->begin_session("host", ::getpid(), 1));
  MER_ASSIGN(const auto reader, storage::open_reader(store, writer.get()));
  MER_ASSIGN(auto sweeps, orchestrator::sweeps_to_run(*reader, *writer, sweep));
  for (auto& one : sweeps) one.max_attempts = kMaxAttempts;
  orchestrator::CoordinatorSettings settings;
  settings.store = store.path().string();
  settings.scheduler.backoff = 100ms;

  const auto hub = std::make_shared<transport::LoopbackHub>(2);
  transport::LoopbackTransport endpoint(hub, 0);
  NotedTransport transport(endpoint, journal);
  ScriptedWorker worker(hub, hopeless_fold);
  orchestrator::Coordinator coordinator(settings, transport, *writer, std::move(sweeps),
                                        [&](const std::string& line) { journal.note(line); });
  orchestrator::TimePoint now{};
  for (int round = 0; round < kMaxRounds; ++round) {
    now += 100ms;
    if (const auto code = coordinator.step(now)) return *code;
    worker.step();
  }
  return Error{ErrorCode::timeout, "the run does not end"};
}

int complain(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return int(exit_code_of(error.code));
}

}  // namespace

TinyRun::TinyRun() {
  const std::string text = R"({"name": "tiny", "corpus": {"synthetic": "msp-improv", "seed": 1},
    "folds": {"scheme": "session"}, "train": {"epochs": )" +
                           std::to_string(kEpochs) + "}}";
  auto sweep = parse_sweep(text, "tiny.json", "/").value();
  orchestrator::Corpora corpora;
  for (const Configuration& configuration : sweep.configurations) {
    corpora.emplace(configuration.corpus, testing_support::tiny_corpus());
  }
  prepared_.corpora = std::make_unique<const orchestrator::Corpora>(std::move(corpora));
  prepared_.plan = orchestrator::plan_sweep(sweep, *prepared_.corpora, "test").value();
}

int TinyRun::operator()(const fs::path& store, const fs::path& journal_file) {
  Journal journal(journal_file);
  const std::string hopeless = prepared_.plan.folds.back().fold.name;
  for (const bool retry_failed : {false, true}) {
    const Result<SweepId> sweep = cli::submit(prepared_, store, {.retry_failed = retry_failed});
    if (!sweep) return complain(sweep.error());
    journal.note((retry_failed ? "retried " : "submitted ") + std::to_string(sweep->number));
    const Result<ExitCode> code = coordinate(store, *sweep, retry_failed ? "" : hopeless, journal);
    if (!code) return complain(code.error());
    journal.note("ended " + std::to_string(int(*code)));
    if (*code != ExitCode::done && (retry_failed || *code != ExitCode::some_failed)) return int(*code);
  }
  return 0;
}

}  // namespace mer::faults
