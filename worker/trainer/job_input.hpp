// JobInput: what a stack of trials trains on: the corpus, each trial's fold, its standardised features.
//
// Threads: one; what was loaded is immutable and stays valid. Errors: the job's (corpus gone or changed) and each
// trial's (fold missing, hash that differs, a shape that cannot share the stack), each with a message for the user.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/trial.hpp"
#include "data/corpus.hpp"
#include "data/fold.hpp"
#include "model/table_rows.hpp"

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

struct ModalityInput {
  const data::FeatureMatrix* features = nullptr;
  model::AffinePtr standardise;
};

struct TrialInput {
  TrialJob job;
  std::shared_ptr<const FoldInput> fold;
  std::vector<ModalityInput> modalities;  // in the order of model.modalities
};

class FoldCache;  // folds and standardisers, each loaded once (job_input.cpp)

class JobInput {
 public:
  // Reads the corpus. Error: no trial can train, for a reason that all share (corpus).
  static Result<std::unique_ptr<JobInput>> open(const StackJob& job);
  ~JobInput();

  const data::Corpus& corpus() const { return corpus_; }
  const std::vector<std::int64_t>& labels() const { return labels_; }  // of every utterance

  // Error: this trial cannot train, or has another shape than the first one loaded.
  Result<TrialInput> load(const TrialJob& trial);

 private:
  JobInput(data::Corpus corpus, const std::string& store);

  data::Corpus corpus_;
  std::vector<std::int64_t> labels_;
  std::unique_ptr<FoldCache> folds_;
  std::optional<TrialSpec> first_;
};

}  // namespace mer::trainer
