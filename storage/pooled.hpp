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

struct PooledConfiguration {
  std::vector<ConfusionMatrix> by_seed;  // in the order of the seeds; empty: a trial of it has no result under the rule
  std::optional<double> score(Metric metric) const;
};

// By configuration of the sweep. trials: ResultReader::trials of it.
Result<std::vector<PooledConfiguration>> pooled_results(ResultReader& reader, const SweepDetail& sweep,
                                                        const std::vector<TrialRow>& trials, SelectionRule rule,
                                                        Metric metric);

}  // namespace mer::storage
