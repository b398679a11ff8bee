// What an imported corpus has besides its table: the audio, length and transcript of each utterance, from which
// features are extracted. Format: docs/corpus.md. The content hash of the corpus covers none of it.
//
// Threads: pure apart from the files. Errors: not_found (a file, or a corpus that was not imported); invalid, naming
// file, line and value.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace mer::data {

struct Recording {
  std::string utterance;
  std::string audio;   // relative to Recordings::root
  double seconds = 0;  // of the audio
  std::string transcript;
};

struct Recordings {
  std::string root;             // folder of the raw corpus
  std::vector<Recording> rows;  // row i is row i of the utterance table
};

Result<Recordings> read_recordings(const std::string& folder);

// The length of each utterance's audio. Empty: the corpus was not imported.
Result<std::vector<double>> recorded_seconds(const std::string& folder);

// The file that corpus.json's "recordings" names, in a corpus folder that is being written.
Status write_recordings(const std::vector<Recording>& rows, const std::string& folder);

}  // namespace mer::data
