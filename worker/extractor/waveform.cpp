#include "worker/extractor/waveform.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <numeric>
#include <sndfile.h>
#include <span>
#include <string>
#include <utility>

namespace mer::extractor {
namespace {

constexpr int kMostRate = 768'000;
constexpr int kMostChannels = 64;
constexpr std::size_t kBlock = 1 << 16;  // samples of each channel that are decoded at once

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

// Of one moment.
float heard_in(std::span<const float> channels, Channels wanted) {
  if (wanted == Channels::first || channels.size() == 1) return channels[0];
  return std::accumulate(channels.begin(), channels.end(), 0.0F) / float(channels.size());
}

// Zero times a number that is not finite is none. Faster than to ask each of them.
bool all_finite(std::span<const float> values) {
  const auto zero_of = [](float value) { return 0 * value; };
  return std::transform_reduce(values.begin(), values.end(), 0.0F, std::plus<>(), zero_of) == 0;
}

// Each sample has its place in the file, where it is found by its number.
bool has_plain_numbers(const SF_INFO& info) {
  const int kind = info.format & SF_FORMAT_TYPEMASK, numbers = info.format & SF_FORMAT_SUBMASK;
  return (kind == SF_FORMAT_WAV || kind == SF_FORMAT_WAVEX || kind == SF_FORMAT_AIFF) && numbers <= SF_FORMAT_DOUBLE;
}

}  // namespace

Result<AudioFile> AudioFile::open(std::string_view bytes) {
  MER_ASSIGN(auto file, data::SoundFile::open(bytes));
  MER_TRY(check(file->info()));
  return AudioFile(std::move(file));
}

int AudioFile::rate() const {
  return file_->info().samplerate;
}

std::size_t AudioFile::samples() const {
  return std::size_t(file_->info().frames);
}

// Block by block: a header may claim more than its file has, or than there is memory for.
Result<Waveform> AudioFile::read(Stretch stretch, Channels wanted) {
  SNDFILE* const sound = file_->handle();
  const Stretch decoded = has_plain_numbers(file_->info()) ? stretch : Stretch{0, samples()};
  if (decoded.begin > 0) ::sf_seek(sound, sf_count_t(decoded.begin), SEEK_SET);
  const auto channels = std::size_t(file_->info().channels);
  std::vector<float> block(std::min(kBlock, decoded.size()) * channels);
  Waveform heard{rate(), {}};
  for (std::size_t at = decoded.begin; at < decoded.end;) {
    const std::size_t count = std::min(kBlock, decoded.end - at);
    const auto read = std::size_t(std::max<sf_count_t>(::sf_readf_float(sound, block.data(), sf_count_t(count)), 0));
    if (read != count) {
      return invalid("is damaged: " + std::to_string(at - decoded.begin + read) + " of " +
                     std::to_string(decoded.size()) + " samples can be read (" + ::sf_strerror(sound) + ")");
    }
    if (!all_finite(std::span(block).first(count * channels))) return invalid("holds samples that are not finite");
    const std::size_t end = std::min(stretch.end, at + count);
    for (std::size_t i = std::max(stretch.begin, at); i < end; ++i) {
      heard.samples.push_back(heard_in(std::span(block).subspan((i - at) * channels, channels), wanted));
    }
    at += count;
  }
  return heard;
}

Result<Waveform> decode_audio(std::string_view bytes, Channels channels) {
  MER_ASSIGN(AudioFile file, AudioFile::open(bytes));
  return file.read({0, file.samples()}, channels);
}

Stretch middle(std::size_t samples, std::size_t length) {
  const std::size_t begin = (samples - std::min(samples, length)) / 2;
  return {begin, begin + std::min(samples, length)};
}

std::vector<float> centred(std::vector<float> samples, std::size_t length) {
  if (samples.size() == length) return samples;
  std::vector<float> result(length);
  std::ranges::copy(samples, result.begin() + std::ptrdiff_t((length - samples.size()) / 2));
  return result;
}

}  // namespace mer::extractor
