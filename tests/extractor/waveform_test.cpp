#include "worker/extractor/waveform.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <span>

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

// 3,599 s of eight channels at 96 kHz would be 11 GB.
TEST(WaveformTest, AHeaderThatClaimsMoreThanItsFileHasTakesNoMemory) {
  std::string bytes = file_of({.file = "flac", .samples = 20000});
  const std::size_t facts = 8 + 10;  // in STREAMINFO: 20 bits rate, 3 channels - 1, 5 bits - 1, 36 samples
  std::uint64_t claim = (std::uint64_t{96000} << 44) | (std::uint64_t{7} << 41) | (std::uint64_t{15} << 36) |
                        (std::uint64_t{96000} * 3599);
  for (int i = 7; i >= 0; --i, claim >>= 8) bytes[facts + std::size_t(i)] = char(claim & 0xFF);
  const Result<Waveform> heard = decode_audio(bytes);

  ASSERT_FALSE(heard);
  EXPECT_THAT(heard.error().message, HasSubstr("of 345504000 samples can be read"));
}

// Blocks end within it.
TEST(WaveformTest, APartOfALongSignalIsWhatTheWholeHasThere) {
  for (const char* file : {"wav16", "flac"}) {
    const std::string bytes = file_of({.kind = "tones", .file = file, .channels = 2, .samples = 200'000});
    const Result<Waveform> whole = decode_audio(bytes);
    const Result<Waveform> part = AudioFile::open(bytes)->read({60'000, 199'999});

    ASSERT_TRUE(whole && part);
    ASSERT_EQ(whole->samples.size(), 200'000U);
    EXPECT_TRUE(std::ranges::equal(part->samples, std::span(whole->samples).subspan(60'000, 139'999)));
  }
}

// Seeking, which WAV can, and decoding everything before, which FLAC wants.
TEST(WaveformTest, APartIsWhatTheWholeHasThere) {
  for (const auto& [file, channels] : {std::pair("wav16", 1), {"wav24", 2}, {"float", 2}, {"flac", 1}}) {
    const std::string bytes = file_of({.kind = "tones", .file = file, .channels = channels, .samples = 9000});
    const Result<Waveform> whole = decode_audio(bytes);
    for (const Stretch stretch : {Stretch{0, 9000}, {0, 10}, {4000, 8000}, {8999, 9000}, {5, 5}}) {
      Result<AudioFile> opened = AudioFile::open(bytes);
      ASSERT_TRUE(opened) << opened.error().message;

      const Result<Waveform> part = opened->read(stretch);

      ASSERT_TRUE(part) << part.error().message;
      const auto begin = whole->samples.begin();
      EXPECT_EQ(part->samples, std::vector<float>(begin + long(stretch.begin), begin + long(stretch.end)));
    }
  }
}

TEST(WaveformTest, SamplesThatAreNotFiniteAreFoundWhereverTheyAre) {
  const std::string whole = file_of({.file = "float", .samples = 11});
  for (std::size_t at = 0; at < 11; ++at) {
    for (const float value : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
      std::string bytes = whole;
      std::memcpy(bytes.data() + bytes.size() - (11 - at) * sizeof value, &value, sizeof value);

      const Result<Waveform> heard = decode_audio(bytes);

      ASSERT_FALSE(heard) << at;
      EXPECT_EQ(heard.error().message, "holds samples that are not finite");
    }
  }
}

TEST(WaveformTest, TheMiddleOfALongSignalIsTakenAndAShortOneStandsBetweenZeros) {
  const auto bounds = [](Stretch stretch) { return std::pair(stretch.begin, stretch.end); };
  EXPECT_EQ(bounds(middle(6, 3)), std::pair(std::size_t(1), std::size_t(4)));
  EXPECT_EQ(bounds(middle(3, 3)), std::pair(std::size_t(0), std::size_t(3)));
  EXPECT_EQ(bounds(middle(2, 5)), std::pair(std::size_t(0), std::size_t(2)));
  EXPECT_THAT(centred({1, 2, 3}, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(centred({1, 2}, 5), ElementsAre(0, 1, 2, 0, 0));
}

}  // namespace
}  // namespace mer::extractor
