// The text files of a corpus folder, for those that write one.
//
// Threads: pure apart from the files. Errors: no_space, io.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/corpus.hpp"

namespace mer::data {

// Of one utterance, in the order of kUtteranceColumns.
std::vector<std::string> utterance_fields(const Corpus& corpus, const Utterance& utterance);

// Empty where none is known.
std::string label_text(const Corpus& corpus, const Utterance& utterance);

std::string utterances_csv(const Corpus& corpus);

Status write_text(const std::string& path, const std::string& text);

}  // namespace mer::data
