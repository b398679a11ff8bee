// What a trial keeps of its test part's representations, as far as pictures of them need it.
//
// Threads: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/stats/points.hpp"

namespace mer {

// The representations of one modality in one subspace, a row for each utterance.
struct RepresentationGroup {
  std::string modality;
  std::string space;  // public, unique
  stats::Points points;
};

struct Representations {
  int epoch = 0;                            // under whose weights
  std::vector<std::int64_t> utterances;     // rows of utterances.csv, ascending: the order of the predictions
  std::vector<RepresentationGroup> groups;  // the public ones by modality, then the unique ones; all of one width
};

}  // namespace mer
