// The names of the methods by which mer-extractor computes features, as `merctl extract` offers them. Each has a row in
// the table of worker/extractor/methods.cpp.
//
// Threads: constants.
#pragma once

#include <string>
#include <vector>

namespace mer::data {

inline const std::vector<std::string> kAudioMethods = {"mfcc", "logmel", "compare2016", "egemaps"};
inline const std::vector<std::string> kTextMethods = {"hash", "bert"};

}  // namespace mer::data
