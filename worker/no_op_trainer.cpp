#include "worker/no_op_trainer.hpp"

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <thread>
#include <unistd.h>
#include <utility>

#include "core/host_name.hpp"
#include "core/version.hpp"

namespace mer::worker {
namespace {

constexpr std::chrono::seconds kBeatEvery{1};

const std::string& this_host() {
  static const std::string name = host_name();
  return name;
}

// Numbers that take as much room as real ones.
EpochRow row_of(Split split, int epoch) {
  const double number = 1.0 / (3.0 * epoch);
  EpochRow row;
  row.split = split;
  row.epoch = epoch;
  row.losses = {number, number, number, {number, number}, number, number, number, number, number};
  if (split == Split::train) row.gradient_norm = row.learning_rate = number;
  return row;
}

bool is_marked(const std::string& store) {
  std::error_code ignored;
  return std::filesystem::exists(store + "/no-op", ignored);
}

}  // namespace

std::vector<Report> no_op_reports(const std::string& store, const TrialJob& trial) {
  const auto report = [&](AttemptEvent event) { return Report{trial.spec.id, trial.attempt, std::move(event)}; };
  if (!is_marked(store)) {
    const std::string why = "the no-op trainer trains nothing, so it runs only in a store with a file named no-op";
    return {report(AttemptFailed{{Failure::Kind::error, 0, why, ""}, 1})};
  }
  std::vector<Report> reports;
  reports.push_back(report(AttemptStarted{{this_host(), kNoOpDevice, code_version(), "{}", 0, ::getpid()}, 0, {}}));
  const int epochs = trial.spec.train.epochs;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    reports.push_back(report(EpochDone{{row_of(Split::train, epoch), row_of(Split::test, epoch)}, {epoch, 0, 0, 0}}));
  }
  TrialResult result;
  result.epochs = epochs;
  reports.push_back(report(AttemptFinished{std::move(result)}));
  return reports;
}

NoOpTrainer::NoOpTrainer(int trials_at_once) {
  say(Capacity{trials_at_once});
}

void NoOpTrainer::write(const std::string& bytes) {
  commands_.feed(bytes);
  for (auto frame = commands_.next(); !exit_ && frame && *frame; frame = commands_.next()) {
    if (const Result<Message> message = decode(**frame)) answer(*message);
  }
}

// A request to stop comes too late for every trial.
void NoOpTrainer::answer(const Message& message) {
  if (const auto* assign = std::get_if<Assign>(&message)) {
    for (const TrialJob& trial : assign->job.trials) {
      for (const Report& report : no_op_reports(assign->job.store, trial)) say(report);
    }
  } else if (std::holds_alternative<Shutdown>(message)) {
    exit_ = ExitStatus{false, 0};
  }
}

void NoOpTrainer::say(const Message& message) {
  answers_ += frame_of(encode(message));
  spoke_ = std::chrono::steady_clock::now();
}

std::string NoOpTrainer::read() {
  if (!exit_ && std::chrono::steady_clock::now() - spoke_ >= kBeatEvery) say(Beat{});
  return std::exchange(answers_, {});
}

void NoOpTrainer::wait(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

std::optional<ExitStatus> NoOpTrainer::reap() {
  return exit_;
}

void NoOpTrainer::kill() {
  if (!exit_) exit_ = ExitStatus{true, SIGKILL};
}

}  // namespace mer::worker
