// The feature matrices of a synthetic corpus. Used by synthetic_corpus.cpp only.
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.hpp"

namespace mer::data {

// First word of the Philox counter. Part of the content of every synthetic corpus: never renumber.
enum class SyntheticStream : std::uint32_t {
  length_order = 0,  // position
  turn_taking = 1,   // dialogue, turn
  mood_change = 2,   // row
  mood = 3,          // row
  latent = 4,        // row, source (0 shared, 1 audio, 2 text)
  speaker = 5,       // speaker in order of first appearance
  mixing = 6,        // modality, column, group of four latents
  column = 7,        // modality, column
  noise = 8,         // modality, row, column / 4
};

enum class SyntheticModality : std::uint32_t { audio = 0, text = 1 };

FeatureMatrix synthetic_features(SyntheticModality modality, int dim, const std::vector<Utterance>& utterances,
                                 std::uint64_t seed);

}  // namespace mer::data
