#include "worker/extractor/log_mel.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numbers>
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
  const MeanAndSd bands = over_time({.mels = 2, .decibel = {1, 10, 3, 10, 5, 10}});

  EXPECT_THAT(bands.mean, testing::Pointwise(testing::DoubleNear(1e-12), std::vector<double>{3, 10}));
  EXPECT_THAT(bands.sd, testing::Pointwise(testing::DoubleNear(1e-12), std::vector<double>{std::sqrt(8.0 / 3), 0}));
}

}  // namespace
}  // namespace mer::extractor
