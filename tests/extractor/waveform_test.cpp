#include "worker/extractor/waveform.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numbers>
#include <numeric>

#include "tests/extractor/signals.hpp"

namespace mer::extractor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(WaveformTest, TheSameSoundIsHeardInEveryKindOfFile) {
  const Result<Waveform> exact = decode_audio(file_of({.file = "float"}));
  ASSERT_TRUE(exact) << exact.error().message;
  EXPECT_EQ(exact->rate, 16000);
  ASSERT_EQ(exact->samples.size(), 1000U);

  for (const auto& [file, step] : {std::pair("wav16", 1.0 / 32768), {"flac", 1.0 / 32768}, {"wav24", 1e-9}}) {
    const Result<Waveform> heard = decode_audio(file_of({.file = file}));

    ASSERT_TRUE(heard) << heard.error().message;
    ASSERT_EQ(heard->samples.size(), exact->samples.size()) << file;
    for (std::size_t i = 0; i < 1000; ++i) ASSERT_NEAR(heard->samples[i], exact->samples[i], step) << file << i;
  }
}

TEST(WaveformTest, ChannelsAreAveraged) {
  const Result<Waveform> left = decode_audio(file_of({.kind = "tones", .file = "float"}));
  const Result<Waveform> both = decode_audio(file_of({.kind = "tones", .file = "float", .channels = 2}));

  ASSERT_EQ(both->samples.size(), 1000U);
  EXPECT_EQ(both->samples[300], 0);
  EXPECT_NE(both->samples[700], left->samples[700]);
}

TEST(WaveformTest, TheFirstChannelIsHeardAloneWhereItIsAskedFor) {
  const Result<Waveform> left = decode_audio(file_of({.kind = "tones", .file = "float"}));
  const Result<Waveform> first =
      decode_audio(file_of({.kind = "tones", .file = "float", .channels = 2}), Channels::first);

  ASSERT_TRUE(left && first);
  EXPECT_EQ(first->samples, left->samples);
}

TEST(WaveformTest, FilesThatCannotBeHeardSayWhy) {
  std::string cut = file_of({.file = "flac", .samples = 20000});
  cut.resize(cut.size() / 2);

  const auto problem = [](const std::string& bytes) {
    const Result<Waveform> heard = decode_audio(bytes);
    return heard ? "heard" : heard.error().message;
  };
  EXPECT_THAT(problem(""), HasSubstr("is no audio file"));
  EXPECT_THAT(problem("utterance,dialogue\n"), HasSubstr("is no audio file"));
  EXPECT_THAT(problem(file_of({.samples = 0})), HasSubstr("holds no samples"));
  EXPECT_THAT(problem(cut), HasSubstr("is damaged"));
  EXPECT_THAT(problem(file_of({.kind = "silence", .rate = 1, .samples = 3700})),
              HasSubstr("3700 s long, at most 3600"));
}

TEST(WaveformTest, ResamplingKeepsATone) {
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

TEST(WaveformTest, ResampledLengthIsRoundedUp) {
  for (const auto& [from, samples, expected] : {std::tuple(16000, 1, 2), {16000, 32001, 44102}, {48000, 100, 46}}) {
    const Result<Waveform> result = resampled({from, std::vector<float>(std::size_t(samples), 0.5F)}, 22050);

    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->samples.size(), std::size_t(expected)) << from << ' ' << samples;
  }
}

TEST(WaveformTest, ASignalIsCroppedAndPaddedAroundItsMiddle) {
  EXPECT_THAT(centred({1, 2, 3, 4, 5, 6}, 3), ElementsAre(2, 3, 4));
  EXPECT_THAT(centred({1, 2, 3}, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(centred({1, 2}, 5), ElementsAre(0, 1, 2, 0, 0));
}

}  // namespace
}  // namespace mer::extractor
