#include "worker/extractor/waveform.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sndfile.h>
#include <soxr.h>
#include <string>
#include <utility>

namespace mer::extractor {
namespace {

constexpr int kMostRate = 768'000;
constexpr int kMostChannels = 64;

// A file in memory, as libsndfile reads it.
struct MemoryFile {
  std::string_view bytes;
  sf_count_t at = 0;
};

sf_count_t length_of(void* user) {
  return sf_count_t(static_cast<MemoryFile*>(user)->bytes.size());
}

sf_count_t seek_in(sf_count_t offset, int whence, void* user) {
  auto& file = *static_cast<MemoryFile*>(user);
  const sf_count_t size = sf_count_t(file.bytes.size());
  const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.at : size;
  file.at = std::clamp<sf_count_t>(base + offset, 0, size);
  return file.at;
}

sf_count_t read_from(void* target, sf_count_t count, void* user) {
  auto& file = *static_cast<MemoryFile*>(user);
  count = std::min(count, sf_count_t(file.bytes.size()) - file.at);
  std::memcpy(target, file.bytes.data() + file.at, std::size_t(count));
  file.at += count;
  return count;
}

sf_count_t tell_of(void* user) {
  return static_cast<MemoryFile*>(user)->at;
}

struct CloseSound {
  void operator()(SNDFILE* sound) const { ::sf_close(sound); }
};

struct FreeResampler {
  void operator()(soxr* resampler) const { ::soxr_delete(resampler); }
};

Status check(const SF_INFO& info) {
  if (info.samplerate < 1 || info.samplerate > kMostRate) {
    return invalid("a rate of " + std::to_string(info.samplerate) + " Hz, expected 1 to " + std::to_string(kMostRate));
  }
  if (info.channels > kMostChannels) {
    return invalid(std::to_string(info.channels) + " channels, at most " + std::to_string(kMostChannels));
  }
  if (info.frames < 1) return invalid("holds no samples");
  if (info.frames / info.samplerate > kMostSeconds) {
    return invalid(std::to_string(info.frames / info.samplerate) + " s long, at most " + std::to_string(kMostSeconds));
  }
  return {};
}

std::vector<float> mean_of_channels(const std::vector<float>& frames, std::size_t channels) {
  std::vector<float> mono(frames.size() / channels);
  for (std::size_t i = 0; i < mono.size(); ++i) {
    float sum = 0;
    for (std::size_t channel = 0; channel < channels; ++channel) sum += frames[i * channels + channel];
    mono[i] = sum / float(channels);
  }
  return mono;
}

std::vector<float> first_channel(const std::vector<float>& frames, std::size_t channels) {
  std::vector<float> mono(frames.size() / channels);
  for (std::size_t i = 0; i < mono.size(); ++i) mono[i] = frames[i * channels];
  return mono;
}

}  // namespace

Result<Waveform> decode_audio(std::string_view bytes, Channels wanted) {
  MemoryFile file{bytes};
  SF_VIRTUAL_IO calls{length_of, seek_in, read_from, nullptr, tell_of};
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, CloseSound> sound(::sf_open_virtual(&calls, SFM_READ, &info, &file));
  if (!sound) return invalid(std::string("is no audio file: ") + ::sf_strerror(nullptr));
  MER_TRY(check(info));
  const auto channels = std::size_t(info.channels);
  std::vector<float> frames(std::size_t(info.frames) * channels);
  const sf_count_t read = ::sf_readf_float(sound.get(), frames.data(), info.frames);
  if (read != info.frames) {
    return invalid("is damaged: " + std::to_string(read) + " of " + std::to_string(info.frames) +
                   " samples can be read (" + ::sf_strerror(sound.get()) + ")");
  }
  if (!std::ranges::all_of(frames, [](float sample) { return std::isfinite(sample); })) {
    return invalid("holds samples that are not finite");
  }
  if (channels == 1) return Waveform{info.samplerate, std::move(frames)};
  return Waveform{info.samplerate,
                  wanted == Channels::first ? first_channel(frames, channels) : mean_of_channels(frames, channels)};
}

Result<Waveform> resampled(Waveform wave, int rate) {
  if (wave.rate == rate) return wave;
  const soxr_io_spec_t io = ::soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_quality_spec_t quality = ::soxr_quality_spec(SOXR_HQ, 0);
  soxr_error_t error = nullptr;
  const std::unique_ptr<soxr, FreeResampler> resampler(
      ::soxr_create(wave.rate, rate, 1, &error, &io, &quality, nullptr));
  // One more than it will give, so that "full" cannot be "not yet done".
  const auto length = std::size_t(std::ceil(double(wave.samples.size()) * (double(rate) / wave.rate)));
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

std::vector<float> centred(std::vector<float> samples, std::size_t length) {
  if (samples.size() >= length) {
    const auto begin = samples.begin() + std::ptrdiff_t((samples.size() - length) / 2);
    return {begin, begin + std::ptrdiff_t(length)};
  }
  std::vector<float> result(length);
  std::ranges::copy(samples, result.begin() + std::ptrdiff_t((length - samples.size()) / 2));
  return result;
}

}  // namespace mer::extractor
