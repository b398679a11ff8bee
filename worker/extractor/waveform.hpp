// Waveform: what is heard in an audio file, as one channel of samples.
//
// WAV, FLAC, AIFF, SPHERE, Ogg, MP3: what libsndfile reads. Threads: pure functions. Errors: invalid: no audio file, an
// empty or damaged one, or one that is too long.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace mer::extractor {

// Longer ones are no turns of a dialogue, and would take the memory of many.
constexpr int kMostSeconds = 3600;

struct Waveform {
  int rate = 0;                // samples a second
  std::vector<float> samples;  // integers are scaled to [-1, 1); several channels: as Channels says
};

enum class Channels { mean, first };

// `bytes`: of a whole file.
Result<Waveform> decode_audio(std::string_view bytes, Channels channels = Channels::mean);

// By soxr at its high quality (HQ); ceil(samples * to / from) samples. The rate that it has already: as it is.
Result<Waveform> resampled(Waveform wave, int rate);

// Exactly `length` samples: the middle of a longer signal, a shorter one between zeros. Where the two sides cannot be
// equal, the right one gives or gets the odd sample.
std::vector<float> centred(std::vector<float> samples, std::size_t length);

}  // namespace mer::extractor
