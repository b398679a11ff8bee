// All that `merctl corpus show` says of a corpus.
//
// Threads: pure.
#pragma once

#include <string>

#include "data/corpus.hpp"

namespace mer::data {

// JSON text (docs/corpus.md): what corpus_facts counts; `features` by modality (data/feature_summary.hpp); and
// `seconds` {total, shortest, median, mean, longest}, where they are known.
std::string corpus_summary(const Corpus& corpus);

}  // namespace mer::data
