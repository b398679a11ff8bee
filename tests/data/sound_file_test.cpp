#include "data/sound_file.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace mer::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string number(std::uint64_t value, int bytes = 4, bool big_endian = false) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += char(value >> 8 * (big_endian ? bytes - 1 - i : i) & 0xFF);
  return text;
}

// With the length that it has, or one that it claims.
std::string chunk(const std::string& name, const std::string& content) {
  return name + number(content.size()) + content + std::string(content.size() % 2, '\0');
}
std::string claiming(const std::string& name, std::uint32_t length, const std::string& content) {
  return name + number(length) + content;
}

const std::string kFormat =
    chunk("fmt ", number(1, 2) + number(1, 2) + number(16000) + number(32000) + number(2, 2) + number(16, 2));
const std::string kSamples = number(3, 2) + number(5, 2) + number(7, 2);

std::string wav(const std::string& chunks) {
  return "RIFF" + number(4 + chunks.size()) + "WAVE" + chunks;
}

std::vector<short> heard(const std::string& bytes) {
  const auto file = SoundFile::open(bytes);
  if (!file) return {};
  std::vector<short> samples(std::size_t((*file)->info().frames));
  samples.resize(std::size_t(
      std::max<sf_count_t>(0, ::sf_readf_short((*file)->handle(), samples.data(), sf_count_t(samples.size())))));
  return samples;
}

TEST(SoundFileTest, ChunksBesideTheSamplesAreNotEvenLookedAt) {
  const std::string mad_list = chunk("LIST", "adtl" + claiming("labl", 0xFFFFFFF0, "x"));
  const std::string mad_cues = chunk("cue ", number(0x0AAAAAAA) + std::string(20, '\xFF'));
  const std::string odd = chunk("PAD ", "abc");

  EXPECT_THAT(heard(wav(kFormat + chunk("data", kSamples))), ElementsAre(3, 5, 7));
  EXPECT_THAT(heard(wav(mad_list + odd + kFormat + mad_cues + chunk("data", kSamples))), ElementsAre(3, 5, 7));
  EXPECT_THAT(heard(wav(kFormat + chunk("data", kSamples) + mad_cues + mad_list)), ElementsAre(3, 5, 7));
  EXPECT_THAT(heard(wav(kFormat + chunk("data", kSamples) + claiming("LIST", 0xFFFF4600, "x"))), ElementsAre(3, 5, 7));
}

// libsndfile goes round in it for more than a minute.
TEST(SoundFileTest, AChunkBeforeTheSamplesThatReachesBeyondTheFileIsNamed) {
  const auto file = SoundFile::open(wav(claiming("LIST", 0xFFFF4600, std::string(120, '\xFF'))));

  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message,
            "is damaged: its chunk \"LIST\" at byte 12 is to have 4294919680 bytes, the file has 140");
}

TEST(SoundFileTest, SamplesThatWereCutOffAreHeardAsFarAsTheyGo) {
  const std::string cut_off = wav(kFormat + claiming("data", 1000, kSamples));

  EXPECT_THAT(heard(cut_off), ElementsAre(3, 5, 7));
  EXPECT_TRUE(SoundFile::open(cut_off).value()->cut_off());
}

TEST(SoundFileTest, AFileIsNotCutOffThatIsWholeOrWhoseWriterDidNotKnowItsLength) {
  const std::vector<std::string> chunks = {chunk("data", kSamples), chunk("data", kSamples) + claiming("LIST", 99, "x"),
                                           claiming("data", 0x7FFFF000, kSamples),  // SoX into a pipe
                                           claiming("data", 0xFFFFFFFF, kSamples)};
  for (const std::string& of_samples : chunks) {
    const std::string bytes = wav(kFormat + of_samples);

    EXPECT_THAT(heard(bytes), ElementsAre(3, 5, 7));
    EXPECT_FALSE(SoundFile::open(bytes).value()->cut_off());
  }
}

TEST(SoundFileTest, AFileThatWasNeverClosedIsHeardToItsEnd) {
  const std::string open_ended = "RIFF" + number(8) + "WAVE" + kFormat + claiming("data", 0, kSamples);

  EXPECT_THAT(heard(open_ended), ElementsAre(3, 5, 7));
}

TEST(SoundFileTest, NumbersMayBeBigEndian) {
  const auto big = [](std::uint64_t value, int bytes) { return number(value, bytes, true); };
  const std::string format =
      "fmt " + big(16, 4) + big(1, 2) + big(1, 2) + big(16000, 4) + big(32000, 4) + big(2, 2) + big(16, 2);
  const std::string chunks = format + "LIST" + big(2, 4) + "xx" + "data" + big(4, 4) + big(3, 2) + big(5, 2);

  EXPECT_THAT(heard("RIFX" + big(4 + chunks.size(), 4) + "WAVE" + chunks), ElementsAre(3, 5));
}

TEST(SoundFileTest, WhatIsNoAudioSaysSo) {
  for (const std::string& bytes : {std::string(), std::string("RIFF"), std::string("utterance,dialogue\n"), wav(""),
                                   wav(chunk("data", kSamples))}) {
    const auto file = SoundFile::open(bytes);

    ASSERT_FALSE(file) << bytes;
    EXPECT_THAT(file.error().message, HasSubstr("is no audio file: "));
  }
}

}  // namespace
}  // namespace mer::data
