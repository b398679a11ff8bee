#include "storage/missing.hpp"

#include <algorithm>

namespace mer::storage {
namespace {

constexpr std::size_t kNamed = 3;  // of a configuration's missing trials

std::string state_text(const TrialRow& trial, const SweepDetail& sweep) {
  const bool waits = trial.state == TrialState::pending;
  if (waits && sweep.summary.activity != SweepActivity::active) return name_of(sweep.summary.activity);
  return waits ? "waits" : mer::name_of(trial.state);
}

std::string note_on(const std::vector<const TrialRow*>& missing, std::size_t all, const SweepDetail& sweep,
                    const std::string& label) {
  std::string note = label + ": " + std::to_string(missing.size()) + " of " + std::to_string(all) + " trials missing";
  for (std::size_t i = 0; i < std::min(kNamed, missing.size()); ++i) {
    note += (i == 0 ? ": " : "; ") + why_missing(*missing[i], sweep);
  }
  if (missing.size() > kNamed) note += "; and " + std::to_string(missing.size() - kNamed) + " more";
  return note + ".";
}

}  // namespace

std::vector<MissingOfConfiguration> missing_trials(const std::vector<TrialRow>& trials, std::size_t configurations) {
  std::vector<MissingOfConfiguration> result(configurations);
  for (const TrialRow& trial : trials) {
    MissingOfConfiguration& own = result[static_cast<std::size_t>(trial.configuration)];
    ++own.trials;
    if (trial.state != TrialState::done) own.missing.push_back(&trial);
  }
  for (MissingOfConfiguration& own : result) {
    std::stable_partition(own.missing.begin(), own.missing.end(),
                          [](const TrialRow* trial) { return is_final(trial->state); });
  }
  return result;
}

std::string why_missing(const TrialRow& trial, const SweepDetail& sweep) {
  std::string text = "fold " + sweep.folds[static_cast<std::size_t>(trial.fold)].name + ", seed " +
                     std::to_string(trial.seed) + " (" + trial.id.hex.substr(0, 8) + ") " + state_text(trial, sweep);
  if (trial.state == TrialState::running) {
    text += ", epoch " + std::to_string(trial.epoch) + "/" + std::to_string(trial.epochs);
  }
  const bool told = trial.state == TrialState::failed || trial.state == TrialState::diverged;
  return told && !trial.message.empty() ? text + ": " + trial.message : text;
}

std::vector<std::string> notes_on_missing(const std::vector<TrialRow>& trials, const SweepDetail& sweep,
                                          const std::vector<std::string>& labels) {
  std::vector<std::string> notes;
  const std::vector<MissingOfConfiguration> missing = missing_trials(trials, labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!missing[i].missing.empty()) notes.push_back(note_on(missing[i].missing, missing[i].trials, sweep, labels[i]));
  }
  return notes;
}

}  // namespace mer::storage
