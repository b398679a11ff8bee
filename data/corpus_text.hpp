// The text files of a corpus folder, for those that write one.
//
// Threads: pure apart from the files. Errors: no_space, io.
#pragma once

#include <string>

#include "core/result.hpp"
#include "data/corpus.hpp"

namespace mer::data {

std::string utterances_csv(const Corpus& corpus);

Status write_text(const std::string& path, const std::string& text);

}  // namespace mer::data
