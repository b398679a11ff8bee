#include "worker/extractor/waveform.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
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

struct AudioFile::Opened {
  explicit Opened(std::string_view bytes) : file{bytes} {}

  MemoryFile file;
  SF_VIRTUAL_IO calls{length_of, seek_in, read_from, nullptr, tell_of};
  SF_INFO info{};
  std::unique_ptr<SNDFILE, CloseSound> sound{::sf_open_virtual(&calls, SFM_READ, &info, &file)};
};

AudioFile::AudioFile(std::unique_ptr<Opened> opened) : opened_(std::move(opened)) {}
AudioFile::AudioFile(AudioFile&&) noexcept = default;
AudioFile& AudioFile::operator=(AudioFile&&) noexcept = default;
AudioFile::~AudioFile() = default;

Result<AudioFile> AudioFile::open(std::string_view bytes) {
  auto opened = std::make_unique<Opened>(bytes);
  if (!opened->sound) return invalid(std::string("is no audio file: ") + ::sf_strerror(nullptr));
  MER_TRY(check(opened->info));
  return AudioFile(std::move(opened));
}

int AudioFile::rate() const {
  return opened_->info.samplerate;
}

std::size_t AudioFile::samples() const {
  return std::size_t(opened_->info.frames);
}

// Block by block: a header may claim more than its file has, or than there is memory for.
Result<Waveform> AudioFile::read(Stretch stretch, Channels wanted) {
  SNDFILE* const sound = opened_->sound.get();
  const Stretch decoded = has_plain_numbers(opened_->info) ? stretch : Stretch{0, samples()};
  if (decoded.begin > 0) ::sf_seek(sound, sf_count_t(decoded.begin), SEEK_SET);
  const auto channels = std::size_t(opened_->info.channels);
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
