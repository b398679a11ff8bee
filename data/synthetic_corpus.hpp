// Synthetic corpora with the shape of the paper's: speakers, sessions, dialogue lengths and Table 1's class counts.
//
// The features carry a signal that is partly seen by both modalities, partly by one alone, with speaker effects in the
// audio, and labels that persist within a dialogue. What simple models score on them: docs/corpus.md. Random numbers
// are Philox (RandomPurpose::synthetic_corpus) and all arithmetic is on integers, so a preset and a seed give the same
// content hash on every machine.
// Threads: pure. Errors: invalid (no such preset).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/corpus.hpp"

namespace mer::data {

// "iemocap" (audio 6373, text 768; 158 MB) and "msp-improv" (audio 100, text 768; 13 MB).
std::vector<std::string> synthetic_presets();

Result<Corpus> make_synthetic(const std::string& preset, std::uint64_t seed);

}  // namespace mer::data
