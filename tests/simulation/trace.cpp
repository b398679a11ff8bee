#include "tests/simulation/trace.hpp"

#include <cstdio>
#include <variant>

namespace mer::simulation {
namespace {

template <class... Ts>
struct Cases : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Cases(Ts...) -> Cases<Ts...>;

std::string name_in(const TrialNames& names, const TrialId& trial) {
  const auto found = names.find(trial);
  return found == names.end() ? trial.hex : found->second;
}

std::string text_of(const AttemptEvent& event) {
  return std::visit(
      Cases{
          [](const AttemptStarted& e) { return "started after epoch " + std::to_string(e.resumed_epoch); },
          [](const EpochDone& e) { return "epoch " + std::to_string(e.timing.epoch); },
          [](const CheckpointSaved& e) { return "checkpoint of epoch " + std::to_string(e.checkpoint.epoch); },
          [](const AttemptFinished&) { return std::string("finished"); },
          [](const AttemptDiverged& e) { return "diverged in epoch " + std::to_string(e.epoch); },
          [](const AttemptStopped& e) { return "stopped after epoch " + std::to_string(e.epoch); },
          [](const AttemptFailed& e) {
            return "failed in a stack of " + std::to_string(e.stack) + ": " + e.failure.message;
          },
      },
      event);
}

std::string text_of(const StackJob& job, const TrialNames& names) {
  std::string text;
  for (const TrialJob& trial : job.trials) {
    text += " " + name_in(names, trial.spec.id) + "#" + std::to_string(trial.attempt);
    if (!trial.resume.empty()) text += " (from epoch " + std::to_string(trial.resume.front().epoch) + ")";
  }
  return text;
}

}  // namespace

void Trace::line(const std::string& who, const std::string& what) {
  if (!wanted_) return;
  char time[32];
  std::snprintf(time, sizeof time, "%10.3f s  ", double(queue_.now().count()) / 1e6);
  text_ += time + who + ": " + what + "\n";
}

std::string text_of(const Report& report, const TrialNames& names) {
  return name_in(names, report.trial) + "#" + std::to_string(report.attempt) + " " + text_of(report.event);
}

std::string text_of(const Message& message, const TrialNames& names) {
  return std::visit(
      Cases{
          [](const Hello&) { return std::string("Hello"); },
          [](const Beat& m) { return "Beat " + std::to_string(m.progress); },
          [&](const Report& m) { return text_of(m, names); },
          [](const Capacity& m) { return "Capacity " + std::to_string(m.trials); },
          [&](const Assign& m) { return "Assign" + text_of(m.job, names); },
          [](const StopTrials&) { return std::string("StopTrials"); },
          [](const Shutdown&) { return std::string("Shutdown"); },
          [&](const GangStart& m) { return "GangStart " + std::to_string(m.number) + text_of(m.job, names); },
          [](const GangEnd& m) { return "GangEnd " + std::to_string(m.number) + ": " + m.failure.message; },
          [](const GangSum&) { return std::string("GangSum"); },
          [](const CorpusRequest&) { return std::string("CorpusRequest"); },
          [](const CorpusAnswer&) { return std::string("CorpusAnswer"); },
      },
      message);
}

}  // namespace mer::simulation
