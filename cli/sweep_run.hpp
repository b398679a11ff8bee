// SweepRun: from a submitted sweep to a store in which every trial has ended; the work that `run` and `bench` share.
//
// Progress and words go to standard error. Threads: one; signals that end a run (INT, TERM, HUP, USR1) are blocked and
// read from then on. Errors: busy when another process holds the store's lock, unavailable when mpirun cannot be
// started or ends again and again without progress.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "cli/allocation.hpp"
#include "cli/context.hpp"
#include "cli/mpirun.hpp"
#include "cli/progress.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "storage/result_store.hpp"

namespace mer::cli {

class StandIn;  // cli/stand_in.hpp

// What a coordinator says, as this terminal, or none, shows it.
ProgressView progress_view(const Context& context);

// Cores that this process may use, at least one.
int usable_cores();

struct LocalRun {
  SweepId sweep;
  int workers = 1;
  std::vector<Node> nodes = {};  // that they are spread over; empty: this machine
  int gang = 1;                  // of them that train a stack together
  bool web = true;
  bool alone = false;  // a coordinator, whose workers come from other jobs
  bool stay = false;   // such a one, which goes on when nothing is left
};

struct Standing {
  storage::StateCounts counts;  // of the run's own sweep
  // Of every sweep that its workers run: the active ones on gangs of its size.
  std::int64_t left = 0;    // trials that have not ended
  std::int64_t epochs = 0;  // recorded
  SweepId first;            // the oldest of them with trials left
  bool beyond(const Standing& before) const { return epochs > before.epochs || left < before.left; }
  bool complete() const { return left == 0; }
};
// The store alone says what became of a launch, never mpirun's exit status.
Result<Standing> standing_of(const Context& context, const LocalRun& run);

// interrupted: by Ctrl-C, once or twice; paused: by another signal, as batch systems send them, or since the job would
// end before any trial that is left. idle: workers that joined a run had nothing to do.
enum class LaunchEnd { ended, paused, interrupted, idle };

struct JoiningWorkers {
  int workers = 1;
  std::vector<Node> nodes = {};  // as LocalRun's
  int gang = 1;
  JoinLimits limits = {};
  StandIn* stand_in = nullptr;  // looked after meanwhile; none: another job's coordinator is waited for
};
// One launch of workers that join the run of the coordinator that holds the store.
Result<LaunchEnd> join_once(const Context& context, const JoiningWorkers& joining);

// Launches until the store says that every trial has ended: a lost rank ends mpirun, and the next launch resumes. Error
// busy: another job has taken the store over meanwhile.
Result<LaunchEnd> run_to_the_end(const Context& context, const LocalRun& run);

}  // namespace mer::cli
