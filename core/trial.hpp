// Trial: one configuration on one fold with one seed; and the job by which a trainer runs a stack of them.
//
// Threads: plain values.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/settings.hpp"

namespace mer {

// Everything that decides a trial's numbers.
struct TrialSpec {
  TrialId id;
  ConfigurationId configuration;
  FoldId fold;
  CorpusId corpus;
  std::string fold_name;  // e.g. "session-5", "speaker-F03"
  std::uint64_t seed = 0;
  ModelSettings model;
  TrainSettings train;

  bool operator==(const TrialSpec&) const = default;
};

// The id: hash of the resolved model and train settings (keys at their default left out), fold, corpus and seed.
// Reads every field of spec but id, configuration and fold_name. Defined in core/sweep_plan.cpp's companion trial.cpp.
TrialId trial_id_of(const TrialSpec& spec);

// pending: waits, or was handed back; running: a claimed attempt; the others are final. `paused` and `queued` are
// views of pending, not states.
enum class TrialState { pending, running, done, failed, diverged, cancelled };

const char* name_of(TrialState state);
std::optional<TrialState> trial_state_from(const std::string& name);
constexpr bool is_final(TrialState state) {
  return state != TrialState::pending && state != TrialState::running;
}

// A checkpoint whose row is committed; usable when the file's SHA-256 matches.
struct CheckpointRecord {
  TrialId trial;
  int attempt = 0;
  int epoch = 0;       // epochs completed
  std::string file;    // relative to the store folder
  std::string sha256;  // 64 hex digits
  std::int64_t bytes = 0;

  bool operator==(const CheckpointRecord&) const = default;
};

enum class DeviceChoice { automatic, cpu, cuda };
const char* name_of(DeviceChoice choice);  // "auto", "cpu", "cuda"

struct TrialJob {
  TrialSpec spec;
  int attempt = 1;
  std::vector<CheckpointRecord> resume;  // usable checkpoints, newest first; empty: from the start

  bool operator==(const TrialJob&) const = default;
};

// Everything in which the trials of a stack must agree: architecture, modalities, dtype, optimizer, corpus. They may
// differ in fold, seed, dropout, alpha, beta and the other settings of train.
std::string shape_key_of(const TrialSpec& spec);

// What one mer-trainer process runs: trials of one shape, stacked. Trials beyond `slots` wait until a slot is free.
// Also the content of `--job FILE`.
struct StackJob {
  std::string store;                // folder that holds folds/ and checkpoints/
  std::string corpus_path;          // corpus folder; its content must hash to every trial's corpus
  bool broadcast_features = false;  // the worker may put a copy of that folder in its place
  DeviceChoice device = DeviceChoice::automatic;
  double gpu_fraction = 1;  // of a GPU's memory that the trainer may use
  int threads = 1;
  double checkpoint_seconds = 20;  // at an epoch's end when this long has passed; 0: every epoch
  bool record_representations = false;
  int slots = 0;            // trials that train at once; 0: as many as pay and as memory holds
  int gang = 1;             // trainers of neighbouring workers that train the stack together (core/gang.hpp)
  int gang_rank = 0;        // of this one
  std::int64_t memory = 0;  // bytes that the trainer may use; 0: not limited
  std::vector<TrialJob> trials;

  bool operator==(const StackJob&) const = default;
};

// True when trials of `b` may join a trainer that was started with `a`: all but the trials agrees, and their shape.
// REQUIRES: both have trials.
bool same_stack(const StackJob& a, const StackJob& b);

void to_json(nlohmann::json&, const TrialSpec&);
void from_json(const nlohmann::json&, TrialSpec&);
void to_json(nlohmann::json&, const CheckpointRecord&);
void from_json(const nlohmann::json&, CheckpointRecord&);
void to_json(nlohmann::json&, const StackJob&);
void from_json(const nlohmann::json&, StackJob&);

}  // namespace mer
