// BenchFigures: what a benchmark's run says about speed, memory and where the time went.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/profile.hpp"

namespace mer::cli {

// What the store kept of one trial. Times: Unix seconds.
struct BenchTrial {
  int worker = 0;
  std::vector<double> epoch_ends = {};  // ascending, at least one
  std::int64_t peak_memory = 0;         // of its trainer, bytes
  Profile profile = {};
};

struct BenchFigures {
  std::int64_t fold_epochs = 0;     // epochs of all trials
  double wall_seconds = 0;          // of the whole run, starting up included
  double rate = 0;                  // fold-epochs a second, starting up left out
  double step_seconds = 0;          // one training step of a trainer, whatever its number of slots
  double trial_step_seconds = 0;    // core time that a trial's step costs with everything around it
  std::int64_t trainer_memory = 0;  // of the largest trainer at its highest
  std::int64_t memory = 0;          // of the workers' largest trainers together
  Profile profile;                  // of all trials

  double whole_rate() const { return wall_seconds > 0 ? double(fold_epochs) / wall_seconds : 0; }
};

// Starting up ends when every trial that the workers took first has trained one epoch: `rate` counts the epochs that
// end later, over the time from then to the last of them. 0: no epoch did.
// REQUIRES: trials is not empty.
BenchFigures figures_of(const std::vector<BenchTrial>& trials, double wall_seconds, int workers);

// "forward 31.0 %, backward 40.2 %, ...": the parts of the work, largest first; parts under 0.05 % left out.
std::string shares_text(const Profile& profile);

}  // namespace mer::cli
