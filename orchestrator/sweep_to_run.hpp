// SweepToRun: one sweep as a coordinator takes it up: its trials, how their trainers are started, where it stands.
//
// Threads: plain values; load_sweep() as its reader and writer. Errors: those of reader and writer; corrupt: the
// store's text of the sweep is not one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/sweep.hpp"
#include "orchestrator/events.hpp"
#include "storage/result_store.hpp"

namespace mer::orchestrator {

// A trial; what it shares with others stands in its sweep once, since there may be 100,000 of them.
struct TrialToRun {
  TrialId id;
  std::uint64_t seed = 0;
  std::int32_t settings = 0;  // position in SweepToRun::settings
  std::int32_t fold = 0;      // position in SweepToRun::folds
  TrialState state = TrialState::pending;
  int attempt = 0;                                 // highest claimed
  int crashes = 0;                                 // charged
  std::vector<CheckpointRecord> checkpoints = {};  // committed, newest first, at most two
  std::string group = {};                          // of another job, that has it while it runs
};

struct SweepToRun {
  struct Settings {
    ConfigurationId configuration;
    ModelSettings model;
    TrainSettings train;
  };
  struct Fold {
    FoldId id;
    std::string name;
    CorpusId corpus;
    bool operator==(const Fold&) const = default;
  };

  void add(storage::TrialProgress trial);
  TrialSpec spec_of(const TrialToRun& trial) const;

  SweepId id;
  int priority = 0;
  bool active = true;  // else its trials wait
  int max_attempts = 3;
  ResourceSettings resources;
  bool record_representations = false;
  std::map<CorpusId, std::string> corpora;       // folder of each
  std::map<ConfigurationId, std::string> names;  // for people: the keys that differ, e.g. "model.alpha=0.1"
  std::vector<Settings> settings;
  std::vector<Fold> folds;
  std::vector<TrialToRun> trials;
  std::vector<std::pair<std::int32_t, double>> measured = {};  // (position in settings, seconds of an epoch)
};

Result<SweepToRun> load_sweep(storage::ResultReader& reader, storage::ResultWriter& writer, SweepId id);

// The active sweeps that have trials left, and any of which groups of other jobs run trials, whose trials run on gangs
// of this size; and `named`, whatever it has. None: the gang is of the oldest active one.
Result<std::vector<SweepToRun>> sweeps_to_run(storage::ResultReader& reader, storage::ResultWriter& writer,
                                              std::optional<SweepId> named);

// Hands back, uncharged, what groups of other jobs run for sweeps that are none of these.
Status hand_back_others(storage::ResultReader& reader, storage::ResultWriter& writer,
                        const std::vector<SweepToRun>& sweeps, double at);

// What epochs of its trials took in earlier runs, of a few trials of each shape.
Status read_epoch_times(storage::ResultReader& reader, SweepToRun& sweep);

// As the scheduler sees it. Trials of sweeps whose trainers are started alike may share a stack.
ScheduledSweep scheduled(const SweepToRun& sweep);

}  // namespace mer::orchestrator
