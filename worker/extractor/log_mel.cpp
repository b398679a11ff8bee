#include "worker/extractor/log_mel.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <c10/core/InferenceMode.h>
#include <cmath>
#include <complex>

#include "worker/extractor/compute_alone.hpp"
#include "worker/extractor/mel_bands.hpp"
#include "worker/extractor/mel_basis.hpp"

namespace mer::extractor {
namespace {

constexpr double kLeastPower = 1e-10;
constexpr float kDecibelRange = 80;
constexpr std::int64_t kBlock = 64;  // frames at a time: what they need stays in a core's cache

// From the first frame that some sound is heard in to the last: the transform of others is zero, without computing it.
struct Frames {
  std::int64_t begin = 0, end = 0;
};
Frames heard_in(std::span<const float> samples, std::int64_t count) {
  const auto sounds = [](float sample) { return sample != 0; };
  const auto first = std::ranges::find_if(samples, sounds);
  const auto behind_last = std::find_if(samples.rbegin(), samples.rend(), sounds).base();
  if (first == samples.end()) return {};
  // Frame i has the samples from i hop - window / 2 on.
  constexpr std::int64_t kHalf = LogMel::kWindow / 2;
  const std::int64_t begin = (first - samples.begin() - kHalf) / LogMel::kHop;
  const std::int64_t end = (behind_last - samples.begin() + kHalf) / LogMel::kHop + 1;
  return {std::max<std::int64_t>(begin, 0), std::min(end, count)};
}

// The mean of take(mel, value) over the frames, for each mel.
std::vector<double> mean_of(const Spectrogram& spectrogram, auto&& take) {
  std::vector<double> sums(spectrogram.mels);
  for (std::size_t frame = 0; frame < spectrogram.frames(); ++frame) {
    const float* const values = spectrogram.decibel.data() + frame * spectrogram.mels;
    for (std::size_t mel = 0; mel < spectrogram.mels; ++mel) sums[mel] += take(mel, double(values[mel]));
  }
  for (double& sum : sums) sum /= double(spectrogram.frames());
  return sums;
}

}  // namespace

struct LogMel::Basis {
  at::Tensor window;
  MelBands bands;
};

LogMel::LogMel(int rate) {
  const c10::InferenceMode no_gradients;
  const std::vector<float> window = hann_window(kWindow);
  basis_ = std::make_unique<const Basis>(
      Basis{at::from_blob(const_cast<float*>(window.data()), {kWindow}, at::kFloat).clone(), {rate, kWindow, kMels}});
}

LogMel::~LogMel() = default;

Spectrogram LogMel::of(std::span<const float> samples) const {
  compute_alone();
  const c10::InferenceMode no_gradients;
  std::vector<float> padded(samples.size() + kWindow);
  std::ranges::copy(samples, padded.begin() + kWindow / 2);
  const auto frames = std::int64_t(samples.size() / kHop + 1);
  Spectrogram result{kMels, std::vector<float>(std::size_t(frames * kMels))};
  const Frames heard = heard_in(samples, frames);
  for (std::int64_t first = heard.begin; first < heard.end; first += kBlock) {
    const std::int64_t count = std::min(kBlock, heard.end - first);
    // Frames overlap: rows of the view share samples.
    const at::Tensor signal =
        at::from_blob(padded.data() + first * kHop, {count, kWindow}, {std::int64_t(kHop), 1}, at::kFloat);
    const at::Tensor spectra = at::fft_rfft(signal * basis_->window).contiguous();
    basis_->bands.of(
        {reinterpret_cast<const std::complex<float>*>(spectra.const_data_ptr()), std::size_t(spectra.numel())},
        std::span(result.decibel).subspan(std::size_t(first * kMels), std::size_t(count * kMels)));
  }
  at::from_blob(result.decibel.data(), {frames * kMels}, at::kFloat).clamp_min_(kLeastPower).log10_().mul_(10);
  const float floor = *std::ranges::max_element(result.decibel) - kDecibelRange;
  for (float& value : result.decibel) value = std::max(value, floor);
  return result;
}

std::vector<double> mean_over_time(const Spectrogram& spectrogram) {
  return mean_of(spectrogram, [](std::size_t, double value) { return value; });
}

std::vector<double> sd_over_time(const Spectrogram& spectrogram, std::span<const double> mean) {
  std::vector<double> sd = mean_of(spectrogram, [&](std::size_t mel, double value) {
    const double distance = value - mean[mel];
    return distance * distance;
  });
  for (double& variance : sd) variance = std::sqrt(variance);
  return sd;
}

}  // namespace mer::extractor
