// The fixed numbers of a mel spectrogram and its cosine transform: window, mel filters, cosines.
//
// As scipy and librosa define them. Threads: pure functions. Errors: none.
#pragma once

#include <span>
#include <vector>

namespace mer::extractor {

// Periodic: as if `length` samples were followed by the first again.
std::vector<float> hann_window(int length);

// Slaney's mel scale (linear to 1 kHz, logarithmic above) and his norm (each triangle has the same area), from 0 to
// rate / 2. Row-major [mels, window / 2 + 1].
std::vector<float> mel_filters(int rate, int window, int mels);

// The first `count` coefficients of the orthonormal DCT-II. REQUIRES: count <= values.size().
std::vector<double> cosine_transform(std::span<const double> values, int count);

}  // namespace mer::extractor
