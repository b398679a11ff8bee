// A corpus folder's content for other tools, as NumPy arrays or as CSV. Formats: docs/corpora.md.
//
// Threads: pure apart from the files. Errors: those of load_corpus; invalid: a modality that the corpus does not have,
// a kind of file that is not written here, a folder that holds anything; no_space, io.
#pragma once

#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace mer::data {

struct ExportedCorpus {
  std::size_t utterances = 0;
  std::vector<std::string> modalities;
  std::vector<std::string> arrays;  // names of all; of a CSV file none
  CorpusId id;                      // of the whole corpus; empty where it has no features yet
};

// Whether an array of that name holds a column of the table: a modality's cannot.
bool is_column_array(const std::string& name);

// `out`: an .npz file; a .csv file, of one modality; else a folder to make, of .npy files. `modality` empty: all. What
// is written appears whole or not at all.
Result<ExportedCorpus> export_corpus(const std::string& folder, const std::string& out, const std::string& modality);

}  // namespace mer::data
