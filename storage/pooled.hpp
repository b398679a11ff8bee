// Pooled: scores of all folds' test utterances together, beside the mean over folds. The two differ where folds have
// unequal sizes or classes.
//
// Per seed one confusion matrix over all folds; scores are means over seeds. Threads: pure functions over the reader.
// Errors: those of the reader.
#pragma once

#include <optional>
#include <vector>

#include "core/scores.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

struct PooledFold {
  int fold = 0;               // position in SweepDetail::folds
  ConfusionMatrix confusion;  // the sum over its seeds
  std::vector<TrialId> trials = {};
};
struct PooledConfiguration {
  std::vector<ConfusionMatrix> by_seed = {};  // in the order of the seeds
  std::vector<PooledFold> by_fold = {};       // in the order of the trials
  int trials = 0, missing = 0;                // of them, that have no result under the rule
  // nullopt where one is missing.
  std::optional<double> score(Metric metric) const;
};

// By configuration of the sweep; those that are not among `only` are empty.
Result<std::vector<PooledConfiguration>> pooled_results(ResultReader& reader, const SweepDetail& sweep,
                                                        SelectionRule rule, Metric metric,
                                                        const Configurations& only = {});

}  // namespace mer::storage
