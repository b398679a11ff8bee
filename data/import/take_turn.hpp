// Where every importer ends: a turn enters the corpus, or it is said why not.
//
// Threads: reads one file. Errors: none; they become findings.
#pragma once

#include <cstddef>
#include <string>

#include "data/import/imported.hpp"

namespace mer::data {

// A turn that has a label and a transcript.
struct RawTurn {
  Utterance utterance;
  std::string audio;  // relative to the root
  std::string transcript;
  std::string transcript_file;
  std::size_t transcript_line = 0;
};

// Appends it to the corpus, if its transcript has words and its audio can be read and is long enough; says so if not.
void take_turn(Imported& imported, RawTurn turn, double min_seconds);

}  // namespace mer::data
