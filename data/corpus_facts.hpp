// What a corpus holds, counted: for `merctl corpus check` and for CorpusRecord::facts_json.
//
// Threads: pure.
#pragma once

#include <string>

#include "data/corpus.hpp"

namespace mer::data {

// JSON text (docs/corpus.md): utterances, modalities with their dims, labels with their counts, dialogues with the
// fewest, median, mean and most turns, and counts by class of each session and of each speaker.
std::string corpus_facts(const Corpus& corpus);

}  // namespace mer::data
