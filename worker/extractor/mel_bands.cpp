#include "worker/extractor/mel_bands.hpp"

#include <algorithm>
#include <array>

namespace mer::extractor {
namespace {

constexpr std::size_t kLanes = 8;  // frames at a time, side by side in a core's vectors
using Lanes = std::array<float, kLanes>;

Lanes weighted(const MelFilter& filter, const std::vector<Lanes>& power) {
  Lanes sum{};
  const Lanes* bin = power.data() + filter.first;
  for (const float weight : filter.weights) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sum[lane] += weight * (*bin)[lane];
    ++bin;
  }
  return sum;
}

}  // namespace

MelBands::MelBands(int rate, int window, int mels)
    : bins_(std::size_t(window / 2 + 1)), filters_(mel_filters(rate, window, mels)) {}

void MelBands::of(std::span<const std::complex<float>> spectra, std::span<float> bands) const {
  const std::size_t frames = spectra.size() / bins_, mels = filters_.size();
  std::vector<Lanes> power(bins_);
  for (std::size_t first = 0; first < frames; first += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      // Beyond the last frame: that one again.
      const std::complex<float>* const spectrum = spectra.data() + std::min(first + lane, frames - 1) * bins_;
      for (std::size_t bin = 0; bin < bins_; ++bin) {
        const float real = spectrum[bin].real(), imaginary = spectrum[bin].imag();
        power[bin][lane] = real * real + imaginary * imaginary;
      }
    }
    const std::size_t lanes = std::min(kLanes, frames - first);
    for (std::size_t mel = 0; mel < mels; ++mel) {
      const Lanes sum = weighted(filters_[mel], power);
      for (std::size_t lane = 0; lane < lanes; ++lane) bands[(first + lane) * mels + mel] = sum[lane];
    }
  }
}

}  // namespace mer::extractor
