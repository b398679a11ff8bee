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

std::vector<MelFilter> mel_filters(int rate, int window, int mels) {
  const auto edge = [&](int i) { return frequency_of(mel_of(rate / 2.0) * i / (mels + 1)); };
  std::vector<MelFilter> filters(static_cast<std::size_t>(mels));
  for (int mel = 0; mel < mels; ++mel) {
    const double low = edge(mel), middle = edge(mel + 1), high = edge(mel + 2);
    MelFilter& filter = filters[std::size_t(mel)];
    for (int bin = 0; bin <= window / 2; ++bin) {
      const double frequency = double(rate) * bin / window;
      const double height = std::min((frequency - low) / (middle - low), (high - frequency) / (high - middle));
      if (height <= 0) continue;
      if (filter.weights.empty()) filter.first = std::size_t(bin);
      filter.weights.push_back(float(height * 2 / (high - low)));
    }
  }
  return filters;
}

std::vector<double> cosine_transform(std::span<const double> values, int count) {
  // cos(pi k (2n + 1) / 2N) has the period 4N in k (2n + 1).
  const std::size_t length = values.size();
  std::vector<double> cosines(4 * length);
  for (std::size_t i = 0; i < cosines.size(); ++i) cosines[i] = std::cos(pi * double(i) / double(2 * length));
  std::vector<double> result(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < result.size(); ++k) {
    double sum = 0;
    std::size_t at = k;
    for (const double value : values) {
      sum += value * cosines[at];
      at += 2 * k;
      if (at >= cosines.size()) at -= cosines.size();
    }
    result[k] = sum * std::sqrt((k == 0 ? 1 : 2) / double(length));
  }
  return result;
}

}  // namespace mer::extractor
