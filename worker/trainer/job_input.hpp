// JobInput: what a stack of trials trains on: the corpus, each trial's fold, its standardised features.
//
// Threads: immutable after load. Errors: the job's (corpus gone or changed) and each trial's (fold missing, hash that
// differs, a shape that cannot share the stack), each with a message for the user.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/trial.hpp"
#include "data/corpus.hpp"
#include "data/fold.hpp"

namespace mer::trainer {

// One part of a fold as the model sees it.
struct Part {
  std::vector<data::PartDialogue> dialogues;
  std::vector<std::uint32_t> corpus_order;  // 0, 1, ..: positions in dialogues
  std::vector<std::uint32_t> rows;          // scored utterances, ascending: the order of predictions

  bool empty() const { return rows.empty(); }
  // Where a scored utterance stands in `rows`.
  std::size_t place_of(std::uint32_t row) const {
    return std::size_t(std::ranges::lower_bound(rows, row) - rows.begin());
  }
};

struct FoldInput {
  data::Fold fold;
  Part train, validation, test;
};

// x -> (x - mean) * factor per column, in double.
struct Affine {
  std::vector<double> mean, factor;
};

struct ModalityInput {
  const data::FeatureMatrix* features = nullptr;
  std::shared_ptr<const Affine> standardise;  // nullptr: as it is in the corpus
};

struct TrialInput {
  TrialJob job;
  std::shared_ptr<const FoldInput> fold;
  std::vector<ModalityInput> modalities;  // in the order of model.modalities
};

struct RefusedTrial {
  TrialId trial;
  int attempt = 0;
  Error error;
};

struct JobInput {
  data::Corpus corpus;
  std::vector<std::int64_t> labels;  // of every utterance
  std::vector<TrialInput> trials;    // that can train, in the job's order
  std::vector<RefusedTrial> refused;
};

// Reads corpus and folds. A trial with an error of its own is refused, the others go on. Error: no trial can train for
// a reason that they share (no trials, device, corpus).
Result<std::unique_ptr<const JobInput>> load_job_input(const StackJob& job);

// True when two trials may share a stack: same architecture, modalities and dtype (dropout, alpha, beta may differ).
bool same_shape(const TrialSpec& a, const TrialSpec& b);

}  // namespace mer::trainer
