#include "tests/extractor/signals.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <numbers>
#include <sndfile.h>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace mer::extractor {
namespace {

constexpr double kFull = 1 << 23;  // 24-bit integers

std::vector<std::int64_t> noise(std::size_t count, std::uint32_t state) {
  std::vector<std::int64_t> values(count);
  for (std::int64_t& value : values) {
    state = state * 1664525U + 1013904223U;
    value = std::int64_t(state >> 8) - (1 << 23);
  }
  return values;
}

std::vector<std::int64_t> signal(const Sound& sound, int channel) {
  if (sound.kind == "silence") return std::vector<std::int64_t>(sound.samples);
  std::vector<std::int64_t> values = noise(sound.samples, std::uint32_t(1 + channel));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (sound.kind == "loud") continue;
    if (sound.kind == "noise") {
      values[i] >>= 3;
      continue;
    }
    const double at = 2 * std::numbers::pi * double(i) / sound.rate;
    const double tones = 0.3 * std::sin(220 * at) + 0.1 * std::sin((1760 + 100 * channel) * at);
    values[i] = i < values.size() / 3 ? 0 : std::llrint(tones * kFull) + (values[i] >> 6);
  }
  return values;
}

int format_of(const std::string& file) {
  if (file == "flac") return SF_FORMAT_FLAC | SF_FORMAT_PCM_16;
  if (file == "float") return SF_FORMAT_WAV | SF_FORMAT_FLOAT;
  return SF_FORMAT_WAV | (file == "wav24" ? SF_FORMAT_PCM_24 : SF_FORMAT_PCM_16);
}

}  // namespace

std::string file_of(const Sound& sound) {
  std::vector<int> integers(sound.samples * std::size_t(sound.channels));
  std::vector<float> floats(integers.size());
  for (int channel = 0; channel < sound.channels; ++channel) {
    const std::vector<std::int64_t> values = signal(sound, channel);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t at = i * std::size_t(sound.channels) + std::size_t(channel);
      integers[at] = int(values[i] * 256);
      floats[at] = float(double(values[i]) / kFull);
    }
  }
  const testing_support::TempDir folder;
  const std::string path = (folder.path() / "sound").string();
  SF_INFO info{};
  info.samplerate = sound.rate;
  info.channels = sound.channels;
  info.format = format_of(sound.file);
  SNDFILE* const file = ::sf_open(path.c_str(), SFM_WRITE, &info);
  EXPECT_NE(file, nullptr) << ::sf_strerror(nullptr);
  const auto frames = sf_count_t(sound.samples);
  EXPECT_EQ(sound.file == "float" ? ::sf_writef_float(file, floats.data(), frames)
                                  : ::sf_writef_int(file, integers.data(), frames),
            frames);
  ::sf_close(file);
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace mer::extractor
