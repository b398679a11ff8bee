#include "worker/extractor/mel_bands.hpp"

#include <gtest/gtest.h>

namespace mer::extractor {
namespace {

using Spectra = std::vector<std::complex<float>>;

Spectra spectra_of(std::size_t frames, std::size_t bins) {
  Spectra spectra(frames * bins);
  for (std::size_t i = 0; i < spectra.size(); ++i) spectra[i] = {float(i % 7) - 3, float(i % 11) - 5};
  return spectra;
}

TEST(MelBandsTest, AreTheFiltersTimesThePowerForAnyNumberOfFrames) {
  constexpr std::size_t kBins = 257, kMels = 20;
  const std::vector<MelFilter> filters = mel_filters(16000, 512, kMels);
  const MelBands mel_bands(16000, 512, kMels);
  for (const std::size_t frames : {0U, 1U, 7U, 8U, 9U, 16U, 21U}) {
    const Spectra spectra = spectra_of(frames, kBins);
    std::vector<float> bands(frames * kMels);

    mel_bands.of(spectra, bands);

    for (std::size_t i = 0; i < bands.size(); ++i) {
      const MelFilter& filter = filters[i % kMels];
      double expected = 0;
      for (std::size_t at = 0; at < filter.weights.size(); ++at) {
        expected += double(filter.weights[at]) * double(std::norm(spectra[i / kMels * kBins + filter.first + at]));
      }
      ASSERT_NEAR(bands[i], expected, 1e-5 * expected) << frames << ' ' << i;
    }
  }
}

}  // namespace
}  // namespace mer::extractor
