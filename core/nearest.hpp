// "did you mean": the candidate nearest to a misspelt word.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mer {

// By edit distance (insert, delete, replace, swap of neighbours; case is ignored); ties: the first candidate. Empty
// when none is near: more than a third of the longer word would have to change.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// ` (did you mean "..."?)` for a message, right after the word; empty when none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace mer
