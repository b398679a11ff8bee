// What the tests of data/ share: a folder that goes away, and small corpora made in memory.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "data/corpus.hpp"
#include "data/fold.hpp"

namespace mer::data {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mer-data-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string read_bytes(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

inline std::string golden(const std::string& name) {
  return std::string(MER_SOURCE_DIR) + "/tests/golden/data/" + name;
}

inline FeatureMatrix matrix(const std::string& modality, int dim, std::vector<float> values) {
  const auto storage = std::make_shared<std::vector<float>>(std::move(values));
  FeatureMatrix features;
  features.modality = modality;
  features.dim = dim;
  features.values = *storage;
  features.storage = storage;
  return features;
}

// Completes a corpus that has labels and utterances: features (value = row + column / 8), dialogues, id.
inline void complete(Corpus& corpus) {
  for (const auto& [modality, dim] : {std::pair{"text", 3}, std::pair{"audio", 2}}) {
    std::vector<float> values;
    for (std::size_t row = 0; row < corpus.utterances.size(); ++row) {
      for (int column = 0; column < dim; ++column) values.push_back(float(row) + float(column) / 8);
    }
    corpus.features.push_back(matrix(modality, dim, std::move(values)));
  }
  corpus.dialogues = group_dialogues(corpus.utterances);
  corpus.id = corpus_id_of(corpus);
}

// Sessions 1, 2, ... of two speakers F01 M01, F02 M02, ...; three dialogues of six turns each, in which F and M take
// turns; four classes, each of them in every speaker's part.
inline Corpus paired_corpus(int sessions) {
  Corpus corpus;
  corpus.name = "paired";
  corpus.labels = {"happy", "sad", "neutral", "angry"};
  for (int session = 1; session <= sessions; ++session) {
    const std::string two_digits = (session < 10 ? "0" : "") + std::to_string(session);
    for (int dialogue = 0; dialogue < 3; ++dialogue) {
      const std::string id = "S" + two_digits + "d" + std::to_string(dialogue);
      for (int turn = 0; turn < 6; ++turn) {
        corpus.utterances.push_back({.id = id + "t" + std::to_string(turn),
                                     .dialogue = id,
                                     .turn = turn,
                                     .session = std::to_string(session),
                                     .speaker = (turn % 2 == 0 ? "F" : "M") + two_digits,
                                     .label = (dialogue * 3 + turn / 2) % 4});
      }
    }
  }
  complete(corpus);
  return corpus;
}

inline std::set<std::string> speakers_of(const Corpus& corpus, const std::vector<std::uint32_t>& rows) {
  std::set<std::string> speakers;
  for (const std::uint32_t row : rows) speakers.insert(corpus.utterances[row].speaker);
  return speakers;
}

}  // namespace mer::data
