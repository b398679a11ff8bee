// Fold: a named split of a corpus into train, validation and test parts, materialised as utterance rows and hashed.
//
// Threads: plain values, pure functions. Source: paper section 4.1.2; docs/folds.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/sweep.hpp"
#include "data/corpus.hpp"

namespace mer::data {

struct Fold {
  FoldId id;         // hash of the parts' sorted utterance ids and of `context`
  std::string name;  // "session-5", "speaker-F03", "pair-F03-F04"
  FoldContext context = FoldContext::own;
  bool shares_speakers = false;                        // a speaker stands in two parts (only where the scheme says so)
  bool shares_dialogues = false;                       // a dialogue is cut between parts that are in use together
  std::vector<std::uint32_t> train, validation, test;  // rows of the corpus, ascending; with those without a label

  bool operator==(const Fold&) const = default;
};

struct FoldPlan {
  std::vector<Fold> folds;
  std::vector<std::string> warnings;  // e.g. a class missing from a part
};

// All folds of a scheme, checked: no utterance in two parts, no speaker in two parts unless the scheme says so.
Result<FoldPlan> plan_folds(const Corpus& corpus, const FoldSettings& settings);

// folds/<hash>.json: ids, not rows, so that a reader with another copy of the corpus finds the same utterances.
std::string fold_to_json(const Fold& fold, const Corpus& corpus);
// Verifies the hash. Error corrupt: it differs, or names an utterance that the corpus lacks.
Result<Fold> fold_from_json(const std::string& text, const Corpus& corpus);

// Those of `rows` that have a label: what a part is learnt from and scored on.
std::vector<std::uint32_t> labelled(const Corpus& corpus, const std::vector<std::uint32_t>& rows);

// The dialogues of one part as the model sees them, but for those without a label in the part. context own: cut to the
// part's utterances; full: whole. `scored` is false for utterances without a label and for those of other parts (they
// never enter a loss or a score).
struct PartDialogue {
  std::vector<std::uint32_t> rows;  // turn order
  std::vector<bool> scored;         // same length
};
std::vector<PartDialogue> dialogues_of(const Corpus& corpus, const Fold& fold, const std::vector<std::uint32_t>& part);

// Per-column statistics of one modality over the fold's training rows: population sd in double; a constant column has
// scale 1 (scikit-learn's StandardScaler). x -> (x - mean) / scale.
struct Standardiser {
  std::vector<double> mean, scale;
};
Standardiser fit_standardiser(const FeatureMatrix& features, const std::vector<std::uint32_t>& rows);

}  // namespace mer::data
