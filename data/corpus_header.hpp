// corpus.json, the first file of a corpus folder. Format: docs/corpus.md.
//
// Threads: pure apart from the file. Errors: not_found; invalid, naming file, JSON pointer and value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace mer::data {

struct ModalityEntry {
  std::string name;
  int dim = 0;
  std::string file;  // relative to the corpus folder
};

struct RecordingsEntry {
  std::string file;  // relative to the corpus folder
  std::string root;  // folder of the raw corpus
};

struct CorpusHeader {
  std::string name;
  std::vector<std::string> labels;
  std::size_t utterances = 0;
  std::vector<ModalityEntry> modalities;  // none yet: imported, no features extracted
  std::optional<RecordingsEntry> recordings;
};

Result<CorpusHeader> read_corpus_header(const std::string& folder);

// What trains needs features: an error that says how to get them, where the header names none.
Status check_has_modality(const CorpusHeader& header, const std::string& folder);

}  // namespace mer::data
