// Every message between coordinator, agent and trainer, and its codec: CBOR, versioned.
//
//   coordinator -> agent   Assign, StopTrials, Shutdown, Beat
//   agent -> coordinator   Hello, Report, Capacity, Beat
//   agent -> trainer       Assign first, then Assign of trials that join, StopTrials, Shutdown; GangSum
//   trainer -> agent       Report, Capacity, Beat; GangSum
//   agent -> agent         GangStart, GangSum, GangEnd: of a gang, whose first worker is its leader
//   agent <-> agent        CorpusRequest, CorpusAnswer
//
// Between agent and trainer a frame is a 4-byte little-endian length and that many bytes (core/frame.hpp); MPI keeps
// message borders by itself. Threads: plain values and pure functions. Errors: decode() of bytes that are not a
// message of this version is Error corrupt, never a crash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/records.hpp"
#include "core/result.hpp"
#include "core/trial.hpp"

namespace mer {

constexpr int kMessageVersion = 2;

// --- what happened to one attempt (trainer -> agent -> coordinator) ---
struct AttemptStarted {
  Environment environment;
  int resumed_epoch = 0;                         // epochs already done in the checkpoint; 0: from the start
  std::vector<std::string> refused_checkpoints;  // file and reason of each unusable one
  bool operator==(const AttemptStarted&) const = default;
};
struct EpochDone {
  std::vector<EpochRow> rows;
  EpochTiming timing;
  bool operator==(const EpochDone&) const = default;
};
struct CheckpointSaved {
  CheckpointRecord checkpoint;
  bool operator==(const CheckpointSaved&) const = default;
};
struct AttemptFinished {
  TrialResult result;
  bool operator==(const AttemptFinished&) const = default;
};
struct AttemptDiverged {  // a loss became NaN or infinite: final, not retried
  int epoch = 0;
  std::int64_t step = 0;
  std::string component;  // e.g. "total"
  bool operator==(const AttemptDiverged&) const = default;
};
struct AttemptStopped {  // a deliberate stop; a checkpoint of `epoch` epochs was saved before, if epoch > 0
  int epoch = 0;
  bool operator==(const AttemptStopped&) const = default;
};
struct AttemptFailed {  // made by the agent, or by the trainer for an error of one trial (corpus gone, ...)
  Failure failure;
  int stack = 1;  // trials that the trainer had when it crashed
  bool operator==(const AttemptFailed&) const = default;
};

using AttemptEvent = std::variant<AttemptStarted, EpochDone, CheckpointSaved, AttemptFinished, AttemptDiverged,
                                  AttemptStopped, AttemptFailed>;

// Finished, diverged, stopped, failed: the attempt is over and its slot is free.
bool ends_attempt(const AttemptEvent& event);

// --- messages ---
struct Report {
  TrialId trial;
  int attempt = 0;
  AttemptEvent event;
  bool operator==(const Report&) const = default;
};
struct Hello {
  std::string host;
  std::int64_t pid = 0;
  std::vector<int> cores;  // cores this agent pins its trainer to
  std::string device;      // "cpu", or the GPU that its trainer may use, as CUDA_VISIBLE_DEVICES names it
  bool operator==(const Hello&) const = default;
};
struct ResourceUse {                             // of a worker: of its agent and its trainer; absent: not known
  std::optional<double> cpu_cores;               // busy of late, on average
  std::optional<std::int64_t> memory_bytes;      // resident, with what they share with others
  std::optional<std::int64_t> gpu_memory_bytes;  // of the trainer's GPU, whoever has it
  std::optional<double> gpu_percent;             // of the time of late that this GPU computed, for whomever
  bool operator==(const ResourceUse&) const = default;
};
struct Beat {
  std::uint64_t progress = 0;  // trainer: training steps done; others: messages sent
  ResourceUse use = {};        // agent: as last measured; trainer: of its GPU
  bool operator==(const Beat&) const = default;
};
struct Capacity {  // how many trials the trainer wants to train at once, from now on
  int trials = 1;
  bool operator==(const Capacity&) const = default;
};
struct Assign {  // of trials that join those which the worker has, or of a new stack
  StackJob job;
  bool operator==(const Assign&) const = default;
};
struct StopTrials {             // stop at the next step: checkpoint, answer AttemptStopped
  std::vector<TrialId> trials;  // empty: all
  bool operator==(const StopTrials&) const = default;
};
struct Shutdown {  // finish nothing, end the trainer, leave; to a trainer: nothing more comes
  bool operator==(const Shutdown&) const = default;
};

// --- gangs (core/gang.hpp) ---
// The workers from 1 on in groups of `gang`: the first of a group leads it.
constexpr int gang_leader(int worker, int gang) {
  return worker - (worker - 1) % gang;
}
struct GangStart {          // leader -> member: start a trainer
  std::int64_t number = 0;  // of the gang, by its leader: what belongs to an earlier one is refused
  StackJob job;
  bool operator==(const GangStart&) const = default;
};
struct GangEnd {  // leader -> member: kill the trainer; member -> leader: the trainer is gone, and why
  std::int64_t number = 0;
  Failure failure;
  bool operator==(const GangEnd&) const = default;
};
// Values to add up, member -> leader, and their sums, leader -> member. Between agent and trainer they lie in the
// memory that both share, and `values` is empty.
struct GangSum {
  std::int64_t number = 0;  // of the gang
  bool in_double = false;   // else in float
  std::int64_t count = 0;
  std::vector<std::uint8_t> values;  // as they lie in memory
  bool operator==(const GangSum&) const = default;
};

// --- one worker reads a corpus for the others (resources.broadcast_features) ---
struct CorpusRequest {       // for the list of the folder's files (`file` empty), or for a part of one
  std::uint64_t number = 0;  // of the asking worker; the answer has the same
  std::string folder;
  std::string file;
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
  bool operator==(const CorpusRequest&) const = default;
};
struct CorpusFile {
  std::string name;  // relative to the folder
  std::int64_t bytes = 0;
  bool operator==(const CorpusFile&) const = default;
};
struct CorpusAnswer {
  std::uint64_t number = 0;
  std::vector<CorpusFile> files;
  std::vector<std::uint8_t> bytes;
  std::string error;  // why there is neither
  bool operator==(const CorpusAnswer&) const = default;
};

using Message = std::variant<Hello, Beat, Report, Capacity, Assign, StopTrials, Shutdown, GangStart, GangEnd, GangSum,
                             CorpusRequest, CorpusAnswer>;

std::string encode(const Message& message);
Result<Message> decode(const std::string& bytes);

}  // namespace mer
