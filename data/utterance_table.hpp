// The utterance table of a corpus folder, with its features left aside.
//
// Threads: pure apart from the files. Errors: not_found; invalid, naming file, line and value.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/corpus.hpp"
#include "data/corpus_header.hpp"

namespace mer::data {

Result<std::vector<Utterance>> read_utterances(const std::string& folder, const CorpusHeader& header);

// A corpus without features and without an id: what can be read of a folder that was imported and has no modality yet,
// and of any other. Training takes load_corpus.
Result<Corpus> load_utterances(const std::string& folder);

// With its features, where it has any yet.
Result<Corpus> load_imported(const std::string& folder);

}  // namespace mer::data
