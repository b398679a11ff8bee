#include "worker/extractor/mel_basis.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace mer::extractor {
namespace {

using std::numbers::pi;

constexpr double kLinearStep = 200.0 / 3;  // Hz for one mel below the corner
constexpr double kCorner = 1000;           // Hz
constexpr double kCornerMel = kCorner / kLinearStep;
const double kLogStep = std::log(6.4) / 27;

double mel_of(double frequency) {
  return frequency < kCorner ? frequency / kLinearStep : kCornerMel + std::log(frequency / kCorner) / kLogStep;
}

double frequency_of(double mel) {
  return mel < kCornerMel ? mel * kLinearStep : kCorner * std::exp(kLogStep * (mel - kCornerMel));
}

}  // namespace

std::vector<float> hann_window(int length) {
  std::vector<float> window(static_cast<std::size_t>(length));
  for (int i = 0; i < length; ++i) window[std::size_t(i)] = float(0.5 - 0.5 * std::cos(2 * pi * i / length));
  return window;
}

std::vector<float> mel_filters(int rate, int window, int mels) {
  const int bins = window / 2 + 1;
  const auto edge = [&](int i) { return frequency_of(mel_of(rate / 2.0) * i / (mels + 1)); };
  std::vector<float> filters(std::size_t(mels) * std::size_t(bins));
  for (int mel = 0; mel < mels; ++mel) {
    const double low = edge(mel), middle = edge(mel + 1), high = edge(mel + 2);
    for (int bin = 0; bin < bins; ++bin) {
      const double frequency = double(rate) * bin / window;
      const double rising = (frequency - low) / (middle - low), falling = (high - frequency) / (high - middle);
      const double height = std::max(0.0, std::min(rising, falling));
      filters[std::size_t(mel) * std::size_t(bins) + std::size_t(bin)] = float(height * 2 / (high - low));
    }
  }
  return filters;
}

std::vector<double> cosine_transform(std::span<const double> values, int count) {
  const double length = double(values.size());
  std::vector<double> result(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < result.size(); ++k) {
    double sum = 0;
    for (std::size_t n = 0; n < values.size(); ++n) {
      sum += values[n] * std::cos(pi * double(k) * (double(n) + 0.5) / length);
    }
    result[k] = sum * std::sqrt((k == 0 ? 1 : 2) / length);
  }
  return result;
}

}  // namespace mer::extractor
