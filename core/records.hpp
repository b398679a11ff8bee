// What a training run records: rows of metrics, timings, results. The trainer makes them, the store keeps them.
//
// Threads: plain values. Units: losses in nats, scores as fractions, times in seconds, memory in bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/profile.hpp"
#include "core/scores.hpp"
#include "core/trial.hpp"

namespace mer {

enum class Split { train, validation, test };
const char* name_of(Split split);
std::optional<Split> split_from(const std::string& name);

// Which epoch's numbers stand for a trial. best_test looks at the test part: it is marked "oracle" wherever it shows.
enum class SelectionRule { last, best_validation, best_test };
const char* name_of(SelectionRule rule);  // "last", "best-validation", "best-test"
std::optional<SelectionRule> selection_rule_from(const std::string& name);

enum class Metric { wa, ua, macro_f1, weighted_f1 };
const char* name_of(Metric metric);  // "wa", "ua", "macro_f1", "weighted_f1"
std::optional<Metric> metric_from(const std::string& name);
double value_of(const Scores& scores, Metric metric);

// Means over the split's utterances, unweighted by alpha and beta; nullopt: the component is switched off.
// A value may be NaN or infinite: it is kept and shown, never averaged.
struct LossComponents {
  double total = 0;                           // eq 13
  double task = 0;                            // eq 12
  std::optional<double> auxiliary;            // eq 3
  std::vector<double> auxiliary_by_modality;  // eq 1, 2 in the order of model.modalities; empty when off
  std::optional<double> subspace;             // eq 9
  std::optional<double> similarity;           // eq 5
  std::optional<double> difference;           // eq 6
  std::optional<double> reconstruction;       // eq 7
  std::optional<double> cycle;                // eq 8

  bool operator==(const LossComponents&) const = default;
};

// One row per (trial, attempt, split, epoch). Epochs count from 1.
struct EpochRow {
  Split split = Split::train;
  int epoch = 0;
  std::int64_t utterances = 0;
  LossComponents losses;
  ConfusionMatrix confusion;            // scores derive from it
  std::optional<double> gradient_norm;  // train only: mean over the epoch's steps of the L2 norm over all parameters
  std::optional<double> learning_rate;  // train only: of the epoch's last step

  bool operator==(const EpochRow&) const = default;
};

// Outside all exactly-once and equality comparisons.
struct EpochTiming {
  int epoch = 0;
  double train_seconds = 0;
  double evaluate_seconds = 0;
  double finished_at = 0;  // Unix time

  bool operator==(const EpochTiming&) const = default;
};

// The test split under one selection rule. probabilities[i * classes + c], i in the fold's test order.
// The best rules are kept for every metric, because a trial does not know by which one its sweep selects; `last` stands
// once, with metric macro_f1, and holds for every metric.
struct Selected {
  SelectionRule rule = SelectionRule::last;
  Metric metric = Metric::macro_f1;
  int epoch = 0;
  ConfusionMatrix confusion;
  std::vector<float> probabilities;

  bool operator==(const Selected&) const = default;
};

// Where and with what an attempt ran.
struct Environment {
  std::string host;
  std::string device;        // "cpu" or the GPU's name
  std::string code_version;  // mer's version and git commit
  std::string versions;      // JSON object: libtorch, compiler, ...
  int threads = 1;
  std::int64_t pid = 0;

  bool operator==(const Environment&) const = default;
};

// A trial that trained to its end.
struct TrialResult {
  int epochs = 0;
  std::vector<Selected> selected;  // last, best-test, and best-validation where the fold has a validation part
  std::string weights_sha256;      // of the final weights' bytes, in parameter order
  std::int64_t parameters = 0;     // count of trained numbers
  double wall_seconds = 0;         // of this attempt
  std::int64_t peak_memory = 0;    // resident bytes of the trainer process at its highest
  Profile profile;                 // of its trainer during this attempt, the stack's other trials included

  bool operator==(const TrialResult&) const = default;
};

// Why an attempt ended badly.
struct Failure {
  // error: of this very trial. memory: the trainer ran out of it.
  enum class Kind { exit, signal, hang, start, error, memory };
  Kind kind = Kind::error;
  int code = 0;          // exit status or signal number
  std::string message;   // one line
  std::string log_tail;  // last lines of the attempt's log

  bool operator==(const Failure&) const = default;
};
const char* name_of(Failure::Kind kind);

}  // namespace mer
