// Reproduction: two runs of one trial compared, number by number and bit by bit.
//
// Threads: pure functions. NaN equals NaN, since a store keeps no more of it; 0 and -0 differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/provenance.hpp"
#include "core/records.hpp"

namespace mer::cli {

struct TrialRun {
  std::optional<TrialResult> result;      // with probabilities; nullopt: the run diverged
  std::string diverged;                   // how, where there is no result
  std::vector<EpochRow> curve;            // of all parts
  std::vector<Environment> environments;  // of the attempts that made it, oldest first
};

// The test part under one selection rule.
struct SelectionComparison {
  struct Side {
    int epoch = 0;     // 0: this run selected nothing under the rule
    double score = 0;  // by the rule's metric, a fraction
  };
  SelectionRule rule = SelectionRule::last;
  Metric metric = Metric::macro_f1;
  Side recorded, again;
  std::int64_t utterances = 0;  // that stand elsewhere in the confusion matrix
  double probability = 0;       // largest difference of one; infinite: their counts differ
  bool same = false;
};

// One quantity over the epochs of one part, where it differs: a score ("macro_f1"), "confusion" (its value: the
// utterances classified right), a loss ("loss.total", "loss.auxiliary.1" of the first modality), "gradient_norm",
// "learning_rate", "utterances".
struct CurveDifference {
  Split split = Split::train;
  std::string quantity;
  int epochs = 0;                         // at which it differs
  int first = 0;                          // of these
  std::optional<double> recorded, again;  // then; nullopt: there is none
  double largest = 0;                     // infinite where one has no such number
  bool operator==(const CurveDifference&) const = default;
};

struct PartComparison {
  Split split = Split::train;
  int recorded = 0, again = 0;    // epochs that have a row
  std::optional<int> first_gone;  // the first epoch that only one run has
};

struct Comparison {
  std::string recorded_weights, again_weights;  // SHA-256; empty: none
  std::vector<SelectionComparison> selections;
  std::vector<PartComparison> parts;
  std::vector<CurveDifference> curve;  // by part, then as a row lists them
  std::vector<EnvironmentDifference> environment;

  bool identical() const;                  // every number; the environments may differ
  std::optional<int> first_epoch() const;  // whose numbers differ; nullopt: every epoch has the same
};

Comparison compare(const TrialRun& recorded, const TrialRun& again);

// One sentence: "identical, bit for bit: ...", or what differs, from which epoch on and by how much.
std::string verdict_of(const Comparison& comparison);

}  // namespace mer::cli
