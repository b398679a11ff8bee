// Names that the reader and the writer of corpus folders share. Format: docs/corpus.md.
#pragma once

#include <string>
#include <vector>

namespace mer::data {

constexpr int kCorpusFormat = 1;
constexpr const char* kCorpusJson = "corpus.json";
constexpr const char* kUtterancesCsv = "utterances.csv";
constexpr const char* kRecordingsCsv = "recordings.csv";
constexpr const char* kFeaturesFolder = "features";
constexpr const char* kFeatureTensor = "features";
inline const std::vector<std::string> kUtteranceColumns = {"utterance", "dialogue", "turn",
                                                           "session",   "speaker",  "label"};
inline const std::vector<std::string> kRecordingColumns = {"utterance", "audio", "seconds", "transcript"};

}  // namespace mer::data
