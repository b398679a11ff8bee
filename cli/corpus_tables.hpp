// What `merctl corpus check` and `show` print of a corpus, as rows of columns_text().
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "data/corpus.hpp"

namespace mer::cli {

// Utterances by class of each session or speaker, in order of first appearance, and of all: a heading, a row each.
std::vector<std::vector<std::string>> class_rows(const data::Corpus& corpus, const std::string& heading,
                                                 std::string data::Utterance::*group);

}  // namespace mer::cli
