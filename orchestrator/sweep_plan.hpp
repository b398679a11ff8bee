// Sweep plan: a resolved sweep and its corpora become a submission: trials in order, folds, corpora, all with their
// content hashes.
//
// Trials of one fold group (one configuration and one seed) follow each other; the same input gives the same ids in the
// same order. Threads: pure functions. Errors: invalid, with the JSON pointer of the sweep file, the value and what the
// corpus has.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/sweep.hpp"
#include "data/corpus.hpp"
#include "data/fold.hpp"
#include "storage/result_store.hpp"

namespace mer::orchestrator {

constexpr std::size_t kMaxTrials = 200'000;

// Every corpus that the sweep names.
using Corpora = std::map<CorpusSource, data::Corpus>;

struct PlannedFold {
  data::Fold fold;
  const data::Corpus* corpus = nullptr;  // in the Corpora that the plan was made from
};

struct SweepPlan {
  // For the caller to set: submitted_at, and the path of a corpus that exists in memory only (trainers open it).
  storage::Submission submission;
  std::vector<PlannedFold> folds;  // as submission.folds, with their rows: the caller writes folds/<hash>.json
  std::vector<std::string> warnings;
};

Result<SweepPlan> plan_sweep(const Sweep& sweep, const Corpora& corpora, const std::string& code_version);

// --- what `merctl plan` shows ---
struct PartSummary {
  std::int64_t utterances = 0;
  std::vector<std::int64_t> classes;  // utterances of each label, in the order of the corpus' labels
};

struct FoldSummary {
  FoldId id;
  std::string name;
  CorpusId corpus;
  PartSummary train, validation, test;
  bool shares_speakers = false;
  bool shares_dialogues = false;
};

struct PlanSummary {
  std::int64_t configurations = 0, seeds = 0, fold_groups = 0;
  std::int64_t trials = 0;  // without those that two configurations share
  std::vector<FoldSummary> folds;
  std::vector<storage::CorpusRecord> corpora;
  std::vector<std::string> warnings;
};

PlanSummary describe(const SweepPlan& plan);

}  // namespace mer::orchestrator
