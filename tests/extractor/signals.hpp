// The signals of tools/oracles/make_features.py, made from the same integers, as bytes of audio files.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>

namespace mer::extractor {

struct Sound {
  std::string kind = "noise";  // or "loud" (of full scale), "tones", "silence"
  std::string file = "wav16";  // or "wav24", "float", "flac"
  int rate = 16000;
  int channels = 1;
  std::size_t samples = 1000;
};

std::string file_of(const Sound& sound);

}  // namespace mer::extractor
