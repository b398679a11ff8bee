#include "worker/extractor/log_mel.hpp"

#include <ATen/ATen.h>
#include <algorithm>
#include <c10/core/InferenceMode.h>
#include <cmath>

#include "worker/extractor/compute_alone.hpp"
#include "worker/extractor/mel_basis.hpp"

namespace mer::extractor {
namespace {

constexpr double kLeastPower = 1e-10;
constexpr float kDecibelRange = 80;
constexpr std::int64_t kBlock = 64;  // frames at a time: what they need stays in a core's cache

at::Tensor tensor_of(const std::vector<float>& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat).clone();
}

}  // namespace

struct LogMel::Basis {
  at::Tensor window;   // [window]
  at::Tensor filters;  // [window / 2 + 1, mels]
};

LogMel::LogMel(int rate) {
  const c10::InferenceMode no_gradients;
  const at::Tensor filters = tensor_of(mel_filters(rate, kWindow, kMels), {kMels, kWindow / 2 + 1});
  basis_ = std::make_unique<const Basis>(Basis{tensor_of(hann_window(kWindow), {kWindow}), filters.t().contiguous()});
}

LogMel::~LogMel() = default;

Spectrogram LogMel::of(std::span<const float> samples) const {
  compute_alone();
  const c10::InferenceMode no_gradients;
  std::vector<float> padded(samples.size() + kWindow);
  std::ranges::copy(samples, padded.begin() + kWindow / 2);
  const auto frames = std::int64_t(samples.size() / kHop + 1);
  Spectrogram result{kMels, std::vector<float>(std::size_t(frames * kMels))};
  for (std::int64_t first = 0; first < frames; first += kBlock) {
    const std::int64_t count = std::min(kBlock, frames - first);
    // Frames overlap: rows of the view share samples.
    const at::Tensor signal =
        at::from_blob(padded.data() + first * kHop, {count, kWindow}, {std::int64_t(kHop), 1}, at::kFloat);
    const at::Tensor spectrum = at::view_as_real(at::fft_rfft(signal * basis_->window));
    const at::Tensor power = spectrum.square().sum(-1);
    at::Tensor block = at::from_blob(result.decibel.data() + first * kMels, {count, std::int64_t(kMels)}, at::kFloat);
    at::mm_out(block, power, basis_->filters);
    block.clamp_min_(kLeastPower).log10_().mul_(10);
  }
  const float floor = *std::ranges::max_element(result.decibel) - kDecibelRange;
  for (float& value : result.decibel) value = std::max(value, floor);
  return result;
}

MeanAndSd over_time(const Spectrogram& spectrogram) {
  const double frames = double(spectrogram.frames());
  MeanAndSd result{std::vector<double>(spectrogram.mels), std::vector<double>(spectrogram.mels)};
  for (std::size_t i = 0; i < spectrogram.decibel.size(); ++i) {
    result.mean[i % spectrogram.mels] += double(spectrogram.decibel[i]) / frames;
  }
  for (std::size_t i = 0; i < spectrogram.decibel.size(); ++i) {
    const double distance = double(spectrogram.decibel[i]) - result.mean[i % spectrogram.mels];
    result.sd[i % spectrogram.mels] += distance * distance / frames;
  }
  for (double& value : result.sd) value = std::sqrt(value);
  return result;
}

}  // namespace mer::extractor
