// Feature hashing of a transcript, number for number that of scikit-learn's HashingVectorizer (docs/features.md).
//
// Threads: pure functions; the method as Method. Errors: invalid: not UTF-8.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "worker/extractor/method.hpp"

namespace mer::extractor {

// Runs of letters, digits and "_" (Unicode's), in lower case.
Result<std::vector<std::string>> words_of(std::string_view text);

// Of the words and of each two neighbours: signed counts in `dim` places, of length 1; no words: zeros.
std::vector<float> hashed_counts(const std::vector<std::string>& words, int dim);

// Of 1024 places.
std::unique_ptr<const Method> make_hashed_text();

}  // namespace mer::extractor
