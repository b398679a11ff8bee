// Corpus: utterances with speaker, session, dialogue, turn and label, and a feature matrix per modality.
//
// On disk (docs/corpus.md): corpus.json, utterances.csv, features/<modality>.safetensors. load() validates everything
// and memory-maps the features, so that copies of a Corpus share them.
// Threads: immutable after load; any thread may read. Errors: invalid or corrupt, naming file, line and value.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace mer::data {

constexpr int kNoLabel = -1;

struct Utterance {
  std::string id;
  std::string dialogue;
  int turn = 0;  // rises strictly within a dialogue
  std::string session;
  std::string speaker;
  int label = 0;  // position in Corpus::labels; kNoLabel: context of its dialogue, neither learnt from nor scored
};

// A float32 matrix [rows, dim], row-major; `storage` keeps the bytes (a mapping or a vector) alive.
struct FeatureMatrix {
  std::string modality;
  int dim = 0;
  std::span<const float> values;
  std::shared_ptr<const void> storage;

  std::span<const float> row(std::size_t i) const { return values.subspan(i * std::size_t(dim), std::size_t(dim)); }
};

// Rows of the utterance table in turn order.
struct Dialogue {
  std::string id;
  std::vector<std::uint32_t> rows;
};

struct Corpus {
  std::string name;
  std::string path;  // folder; empty for one that exists in memory only
  CorpusId id;       // hash of labels, utterance table and feature bytes
  std::vector<std::string> labels;
  std::vector<Utterance> utterances;
  std::vector<FeatureMatrix> features;  // in the order of corpus.json
  std::vector<Dialogue> dialogues;      // in order of first appearance
  std::vector<double> seconds = {};     // of each utterance's recording (data/recordings.hpp); empty: not known

  const FeatureMatrix* find(const std::string& modality) const;  // nullptr: not there
};

// Error not_found: a file is missing; invalid or corrupt: its content.
Result<Corpus> load_corpus(const std::string& folder);

// The files of a corpus folder, relative to it: corpus.json, utterances.csv and those of the features, each once.
// Reads corpus.json only. Errors as load_corpus.
Result<std::vector<std::string>> corpus_files(const std::string& folder);

// Utterances grouped by dialogue, for a corpus that is made in memory. REQUIRES: turns rise within a dialogue.
std::vector<Dialogue> group_dialogues(const std::vector<Utterance>& utterances);

// Writes a corpus folder that load_corpus reads back with the same id. A folder that holds anything is refused
// (invalid). The folder appears whole or not at all.
Status write_corpus(const Corpus& corpus, const std::string& folder);

// The content hash: labels in order, utterance table, and the modalities by name with their values. Names and paths of
// the corpus are not in it, nor is the order of the modalities.
CorpusId corpus_id_of(const Corpus& corpus);

}  // namespace mer::data
