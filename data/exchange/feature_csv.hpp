// A feature matrix as CSV: "utterance", then, where the whole table stands there, its other columns, then the features
// 0, 1, 2 and so on.
//
// Threads: pure functions. Errors: invalid, naming line, column and value.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "data/corpus.hpp"
#include "data/exchange/feature_source.hpp"

namespace mer::data {

// Of the table's columns only the utterance counts. The result has no sha256.
Result<FeatureSource> parse_feature_csv(std::string_view text, const std::string& where);

// With the whole table. The numbers are the shortest that read back as the same float32.
std::string feature_csv(const Corpus& corpus, const FeatureMatrix& features);

}  // namespace mer::data
