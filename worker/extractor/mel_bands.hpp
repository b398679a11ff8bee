// MelBands: the power of each mel band, from the Fourier transforms of frames.
//
// A band's filter is zero but for a few bins: only those are multiplied. Threads: any may call a MelBands. Errors:
// none.
#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include "worker/extractor/mel_basis.hpp"

namespace mer::extractor {

class MelBands {
 public:
  // Of signals of this rate, samples a second, and frames of this many samples.
  MelBands(int rate, int window, int mels);

  // Row-major: spectra [frames, window / 2 + 1], bands [frames, mels]; each frame's bands do not depend on the others.
  void of(std::span<const std::complex<float>> spectra, std::span<float> bands) const;

 private:
  std::size_t bins_;
  std::vector<MelFilter> filters_;
};

}  // namespace mer::extractor
