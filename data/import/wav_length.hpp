// How long a wav file is, by libsndfile.
//
// Threads: a pure function apart from the file. Errors: not_found; invalid: no audio, or empty, with libsndfile's
// words.
#pragma once

#include <string>

#include "core/result.hpp"

namespace mer::data {

struct WavLength {
  double seconds = 0;
  bool cut_off = false;  // as SoundFile has it
};

Result<WavLength> wav_length(const std::string& path);

}  // namespace mer::data
