#include "worker/extractor/resampling.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <soxr.h>
#include <string>
#include <utility>

namespace mer::extractor {
namespace {

// What soxr's filter reaches to either side, in samples of the slower rate: 96 by measurement, and as much again.
constexpr std::size_t kReach = 192;

// Of a ratio of small numbers (441 / 320: 16 kHz to 22,050 Hz) soxr keeps time exactly. Otherwise its clock drifts, and
// parts could not be told from where they begin.
constexpr std::size_t kMostSteps = 1024;

struct FreeResampler {
  void operator()(soxr* resampler) const { ::soxr_delete(resampler); }
};

// A part of a signal whose first sample becomes a whole one: number `becomes` of the resampled signal.
struct Source {
  Stretch samples;
  std::size_t becomes = 0;
};

Source source_of(Stretch wanted, const AudioFile& file, int rate) {
  const auto from = std::size_t(file.rate()), to = std::size_t(rate);
  if (from == to) return {wanted, wanted.begin};
  const std::size_t common = std::gcd(from, to), period = from / common, steps = to / common;
  const std::size_t margin = kReach * from / std::min(from, to) + 1, begin = wanted.begin * from / to;
  const std::size_t whole = steps > kMostSteps ? 0 : (begin - std::min(begin, margin)) / period;
  return {{whole * period, std::min(wanted.end * from / to + margin, file.samples())}, whole * steps};
}

}  // namespace

Result<Waveform> resampled(Waveform wave, int rate) {
  if (wave.rate == rate) return wave;
  const soxr_io_spec_t io = ::soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_quality_spec_t quality = ::soxr_quality_spec(SOXR_HQ, 0);
  soxr_error_t error = nullptr;
  const std::unique_ptr<soxr, FreeResampler> resampler(
      ::soxr_create(wave.rate, rate, 1, &error, &io, &quality, nullptr));
  // One more than it will give, so that "full" cannot be "not yet done".
  const std::size_t length = resampled_length(wave.samples.size(), wave.rate, rate);
  Waveform result{rate, std::vector<float>(length + 1)};
  std::size_t first = 0, last = 0;
  if (error == nullptr) {
    error = ::soxr_process(resampler.get(), wave.samples.data(), wave.samples.size(), nullptr, result.samples.data(),
                           result.samples.size(), &first);
  }
  if (error == nullptr) {
    error = ::soxr_process(resampler.get(), nullptr, 0, nullptr, result.samples.data() + first,
                           result.samples.size() - first, &last);
  }
  if (error != nullptr) {
    return invalid("cannot be resampled from " + std::to_string(wave.rate) + " to " + std::to_string(rate) +
                   " Hz: " + error);
  }
  std::fill(result.samples.begin() + std::ptrdiff_t(first + last), result.samples.end(), 0.0F);
  result.samples.resize(length);
  return result;
}

std::size_t resampled_length(std::size_t samples, int from, int to) {
  return std::size_t(std::ceil(double(samples) * (double(to) / from)));
}

Result<Waveform> resampled_part(AudioFile& file, int rate, Stretch wanted) {
  const Source source = source_of(wanted, file, rate);
  MER_ASSIGN(Waveform part, file.read(source.samples));
  MER_ASSIGN(Waveform wave, resampled(std::move(part), rate));
  const auto begin = wave.samples.begin();
  wave.samples.erase(begin, begin + std::ptrdiff_t(wanted.begin - source.becomes));
  wave.samples.resize(wanted.size());
  return wave;
}

}  // namespace mer::extractor
