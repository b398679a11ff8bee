// Tested utterances: what a configuration predicted for the test utterances of all its folds, seed by seed.
//
// Threads: pure functions over the reader. Errors: those of the reader; what is missing or cannot be used is no error:
// `why` says so.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/stats/bootstrap.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

struct TestedUtterance {
  std::string utterance, dialogue;
  int truth = 0;
  bool operator==(const TestedUtterance&) const = default;
};
struct TestedUtterances {
  std::string why = {};                                   // not empty: the rest is
  std::vector<TestedUtterance> utterances = {};           // sorted by id, each once
  std::vector<std::vector<int>> predicted = {};           // by ascending seed, and utterance
  std::vector<stats::DialogueMatrices> by_dialogue = {};  // by seed; dialogues sorted by id, two or more
};
// trials: of the sweep.
Result<TestedUtterances> tested_utterances(ResultReader& reader, const std::vector<TrialRow>& trials,
                                           std::size_t configuration, SelectionRule rule, Metric metric);

}  // namespace mer::storage
