#include "worker/extractor/resampling.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numbers>

#include "tests/extractor/signals.hpp"

namespace mer::extractor {
namespace {

constexpr int kTo = 22'050;

TEST(ResamplingTest, ResamplingKeepsATone) {
  Waveform wave{16000, std::vector<float>(16000)};
  for (std::size_t i = 0; i < 16000; ++i) {
    wave.samples[i] = float(std::sin(2 * std::numbers::pi * 440 * double(i) / 16000));
  }

  const Result<Waveform> result = resampled(wave, 22050);

  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->samples.size(), 22050U);
  for (std::size_t i = 2000; i < 20000; ++i) {
    ASSERT_NEAR(result->samples[i], std::sin(2 * std::numbers::pi * 440 * double(i) / 22050), 1e-4) << i;
  }
}

TEST(ResamplingTest, ResampledLengthIsRoundedUp) {
  for (const auto& [from, samples, expected] : {std::tuple(16000, 1, 2), {16000, 32001, 44102}, {48000, 100, 46}}) {
    const Result<Waveform> result = resampled({from, std::vector<float>(std::size_t(samples), 0.5F)}, 22050);

    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->samples.size(), std::size_t(expected)) << from << ' ' << samples;
  }
}

// The largest difference between a stretch that is resampled alone, and the same samples of the whole.
double difference(const std::string& bytes, Stretch wanted) {
  const Result<Waveform> whole = resampled(*decode_audio(bytes), kTo);
  Result<AudioFile> file = AudioFile::open(bytes);
  const Result<Waveform> part = resampled_part(*file, kTo, wanted);
  EXPECT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->samples.size(), wanted.size());
  double most = 0;
  for (std::size_t i = 0; i < part->samples.size(); ++i) {
    most = std::max(most, std::abs(double(part->samples[i]) - double(whole->samples[wanted.begin + i])));
  }
  return most;
}

class ResampledPartTest : public testing::TestWithParam<int> {};

TEST_P(ResampledPartTest, IsWhatTheWholeHasThere) {
  const int rate = GetParam();
  for (const std::size_t samples : {std::size_t(2 * rate), std::size_t(2 * rate + 1237)}) {
    const std::size_t length = resampled_length(samples, rate, kTo);
    for (const char* file : {"wav16", "flac"}) {
      const std::string bytes = file_of({.kind = "loud", .file = file, .rate = rate, .samples = samples});
      for (const Stretch wanted : {middle(length, 20'000),
                                   Stretch{0, length},
                                   {0, 1},
                                   {length - 1, length},
                                   {200, 5'001},
                                   {length / 2, length},
                                   {12'345, 12'345}}) {
        EXPECT_LT(difference(bytes, wanted), 1e-6) << file << ' ' << wanted.begin << ".." << wanted.end;
      }
    }
  }
}
INSTANTIATE_TEST_SUITE_P(EachRate, ResampledPartTest,
                         testing::Values(8'000, 11'025, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000, 96'000,
                                         16'001));

}  // namespace
}  // namespace mer::extractor
