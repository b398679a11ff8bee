#include "worker/extractor/log_mel.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numbers>
#include <span>
#include <thread>

namespace mer::extractor {
namespace {

std::vector<float> tone(double frequency, std::size_t samples) {
  std::vector<float> signal(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    signal[i] = float(std::sin(2 * std::numbers::pi * frequency * double(i) / 22050));
  }
  return signal;
}

TEST(LogMelTest, ASignalHasAFrameAtEachHop) {
  const LogMel log_mel(22050);

  for (const auto& [samples, frames] : {std::pair(1, 1), {511, 1}, {512, 2}, {96000, 188}}) {
    EXPECT_EQ(log_mel.of(tone(100, std::size_t(samples))).frames(), std::size_t(frames)) << samples;
  }
}

TEST(LogMelTest, ATonesBandIsTheLoudestAndOthersAre80DecibelBelow) {
  const LogMel log_mel(22050);

  const Spectrogram spectrogram = log_mel.of(tone(1000, 22050));

  const auto middle = spectrogram.decibel.begin() + 20 * LogMel::kMels;
  const auto loudest = std::max_element(middle, middle + LogMel::kMels);
  EXPECT_EQ(loudest - middle, 38);
  const auto [least, most] = std::ranges::minmax(spectrogram.decibel);
  EXPECT_FLOAT_EQ(least, most - 80);
}

// Frames that hear nothing are not computed.
TEST(LogMelTest, SilenceAroundASoundChangesNoFrameOfIt) {
  const LogMel log_mel(22050);
  const std::vector<float> sound = tone(300, 40'000);
  std::vector<float> surrounded(30 * LogMel::kHop + sound.size() + 30'000);
  std::ranges::copy(sound, surrounded.begin() + 30 * LogMel::kHop);

  const Spectrogram alone = log_mel.of(sound), within = log_mel.of(surrounded);

  const std::size_t mels = LogMel::kMels;
  for (std::size_t i = 0; i < alone.frames() * mels; ++i) {
    EXPECT_FLOAT_EQ(within.decibel[30 * mels + i], alone.decibel[i]) << i / mels;
  }
  const float floor = *std::ranges::min_element(within.decibel);
  const auto silent = [&](std::size_t frame) {
    return std::ranges::all_of(std::span(within.decibel).subspan(frame * mels, mels),
                               [&](float v) { return v == floor; });
  };
  EXPECT_TRUE(silent(28));
  EXPECT_FALSE(silent(29));
  EXPECT_FALSE(silent(30 + 79));
  EXPECT_TRUE(silent(30 + 81));
  EXPECT_TRUE(silent(within.frames() - 1));
}

TEST(LogMelTest, SilenceIsAtTheLeastPower) {
  EXPECT_THAT(LogMel(22050).of(std::vector<float>(5000)).decibel, testing::Each(testing::FloatEq(-100)));
}

// A frame does not depend on which ones are computed with it, nor on other threads.
TEST(LogMelTest, SameSignalSameBitsWhateverRunsBeside) {
  const LogMel log_mel(22050);
  const std::vector<float> signal = tone(300, 96000);
  const Spectrogram alone = log_mel.of(signal);

  std::vector<Spectrogram> beside(3);
  std::vector<std::jthread> threads;
  threads.reserve(beside.size());
  for (Spectrogram& result : beside) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) result = log_mel.of(signal);
    });
  }
  threads.clear();

  for (const Spectrogram& result : beside) EXPECT_EQ(result.decibel, alone.decibel);
}

TEST(LogMelTest, MeanAndSdAreOverTheFrames) {
  const Spectrogram bands{.mels = 2, .decibel = {1, 10, 3, 10, 5, 10}};

  const std::vector<double> mean = mean_over_time(bands), sd = sd_over_time(bands, mean);

  EXPECT_THAT(mean, testing::Pointwise(testing::DoubleNear(1e-12), std::vector<double>{3, 10}));
  EXPECT_THAT(sd, testing::Pointwise(testing::DoubleNear(1e-12), std::vector<double>{std::sqrt(8.0 / 3), 0}));
}

}  // namespace
}  // namespace mer::extractor
