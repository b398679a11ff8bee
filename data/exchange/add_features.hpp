// Features that another tool has made, put into a corpus folder as a modality. Formats: docs/corpora.md.
//
// Threads: one caller at a time on a folder (FeatureLock: a second one is told who). Errors: those of the files;
// invalid: rows and utterances that do not fit each other, values that are not finite, a modality that is there
// already: then the corpus is as it was; busy; no_space, io: it is valid, and what was to be replaced may be gone from
// it, as after a kill.
#pragma once

#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace mer::data {

struct FeaturesToAdd {
  std::string folder;    // of the corpus
  std::string modality;  // letters, digits, - and _
  std::string file;
  std::string ids = {};  // a file with the utterance of each row; empty: those in `file`, else the table's order
  bool replace = false;
};

struct AddedFeatures {
  int dim = 0;
  std::size_t utterances = 0;
  std::string sha256;  // of the file that was given
  CorpusId id;         // of the corpus with them
};

Result<AddedFeatures> add_features(const FeaturesToAdd& wanted);

}  // namespace mer::data
