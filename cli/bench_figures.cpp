#include "cli/bench_figures.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <utility>

#include "core/check.hpp"

namespace mer::cli {
namespace {

// When the trials that were taken first have all trained an epoch. The others began after one of those had ended.
double end_of_start(const std::vector<BenchTrial>& trials) {
  double first_end = std::numeric_limits<double>::infinity();
  for (const BenchTrial& trial : trials) first_end = std::min(first_end, trial.epoch_ends.back());
  double warm = 0;
  for (const BenchTrial& trial : trials) {
    if (trial.epoch_ends.front() <= first_end) warm = std::max(warm, trial.epoch_ends.front());
  }
  return warm;
}

// Epochs that end after the start, a second.
double rate_of(const std::vector<BenchTrial>& trials) {
  const double warm = end_of_start(trials);
  double last = warm;
  std::int64_t count = 0;
  for (const BenchTrial& trial : trials) {
    count += std::count_if(trial.epoch_ends.begin(), trial.epoch_ends.end(), [&](double end) { return end > warm; });
    last = std::max(last, trial.epoch_ends.back());
  }
  return last > warm ? double(count) / (last - warm) : 0;
}

}  // namespace

BenchFigures figures_of(const std::vector<BenchTrial>& trials, double wall_seconds, int workers) {
  MER_CHECK(!trials.empty(), "figures need trials");
  BenchFigures figures;
  figures.wall_seconds = wall_seconds;
  figures.rate = rate_of(trials);
  std::map<int, std::int64_t> memory;  // by worker
  for (const BenchTrial& trial : trials) {
    figures.fold_epochs += std::int64_t(trial.epoch_ends.size());
    figures.profile += trial.profile;
    memory[trial.worker] = std::max(memory[trial.worker], trial.peak_memory);
  }
  for (const auto& [worker, bytes] : memory) {
    figures.memory += bytes;
    figures.trainer_memory = std::max(figures.trainer_memory, bytes);
  }
  if (figures.profile.steps > 0) {
    figures.step_seconds = figures.profile.training() / double(figures.profile.steps);
    const double steps = double(figures.profile.steps) / double(figures.fold_epochs);  // in an epoch
    if (figures.rate > 0) figures.trial_step_seconds = workers / (figures.rate * steps);
  }
  return figures;
}

std::string shares_text(const Profile& profile) {
  std::vector<std::pair<double, Work>> parts;
  for (std::size_t i = 0; i < kWorks; ++i) parts.emplace_back(profile.seconds[i], Work(i));
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  const double total = profile.total();
  std::string text;
  for (const auto& [seconds, work] : parts) {
    const double percent = total > 0 ? 100 * seconds / total : 0;
    if (percent < 0.05) continue;
    char part[48];
    std::snprintf(part, sizeof part, "%s%s %.1f %%", text.empty() ? "" : ", ", name_of(work), percent);
    text += part;
  }
  return text;
}

}  // namespace mer::cli
