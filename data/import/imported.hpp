// A raw corpus as an importer has read it, with what was left out and why, and how a corpus folder is made of it.
//
// Threads: plain values. Errors: of files: no_space, io; invalid: the folder holds something, or a corpus without
// turns.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "data/corpus.hpp"
#include "data/import/findings.hpp"
#include "data/natural_order.hpp"
#include "data/recordings.hpp"

namespace mer::data {

// Turns by class as the paper has them (Table 1), and the options that count the same ones.
struct PaperCounts {
  std::vector<std::pair<std::string, std::size_t>> counts;
  std::string options;  // "--classes 4 --scenario all"
  bool same_options = false;
};

struct Imported {
  std::string importer;                                      // "iemocap"
  std::string root;                                          // of the raw corpus
  std::vector<std::pair<std::string, std::string>> options;  // "classes": "4"
  Corpus corpus;                                             // without features
  std::vector<Recording> recordings;                         // row by row
  std::map<std::string, std::size_t, NaturalLess> left_out;  // turns that the options leave out, by reason
  Findings findings;
  PaperCounts paper;
};

// Turns by class, in the order of the labels.
std::vector<std::size_t> label_counts(const Corpus& corpus);

// Why the counts by class are not those of Table 1, as far as it is known; that they are; or that they cannot be
// compared.
std::string remark_on_paper(const Imported& imported);

// The whole of it as JSON: the file import.json.
std::string import_json(const Imported& imported);

// "group P: 4, shorter than 1 s: 2"; empty: nothing was left out.
std::string left_out_text(const Imported& imported);

// Error invalid, naming the first one, where something was lost or guessed.
Status refuse_losses(const Imported& imported);

// corpus.json, utterances.csv, recordings.csv and import.json: whole or not at all, as write_corpus.
Status write_imported(const Imported& imported, const std::string& folder);

}  // namespace mer::data
