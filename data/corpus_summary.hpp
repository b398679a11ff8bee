// All that `merctl corpus show` says of a corpus.
//
// Threads: pure.
#pragma once

#include <string>
#include <vector>

#include "data/corpus.hpp"
#include "data/recordings.hpp"

namespace mer::data {

// JSON text (docs/corpus.md): what corpus_facts counts; `features` by modality (data/feature_summary.hpp); and
// `seconds` {total, shortest, median, mean, longest}, where there are recordings.
std::string corpus_summary(const Corpus& corpus, const std::vector<Recording>& recordings);

}  // namespace mer::data
