// The fixed numbers of a mel spectrogram and its cosine transform: window, mel filters, cosines.
//
// As scipy and librosa define them. Threads: pure functions. Errors: none.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mer::extractor {

// Periodic: as if `length` samples were followed by the first again.
std::vector<float> hann_window(int length);

// The bins of a Fourier transform that a mel band is made of: first, first + 1, ..., each with its weight.
struct MelFilter {
  std::size_t first = 0;
  std::vector<float> weights = {};
};

// Slaney's mel scale (linear to 1 kHz, logarithmic above) and his norm (each triangle has the same area), from 0 to
// rate / 2.
std::vector<MelFilter> mel_filters(int rate, int window, int mels);

// The first `count` coefficients of the orthonormal DCT-II. REQUIRES: count <= values.size().
std::vector<double> cosine_transform(std::span<const double> values, int count);

}  // namespace mer::extractor
