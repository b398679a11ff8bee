#include "core/frame.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace mer {
namespace {

std::vector<std::string> drain(FrameReader& reader) {
  std::vector<std::string> frames;
  while (true) {
    auto frame = reader.next();
    if (!frame || !frame->has_value()) return frames;
    frames.push_back(**frame);
  }
}

TEST(FrameTest, LengthIsLittleEndianInFront) {
  EXPECT_EQ(frame_of("ab"), std::string("\x02\0\0\0ab", 6));
  EXPECT_EQ(frame_of(std::string(0x0102, 'x')).substr(0, 4), std::string("\x02\x01\0\0", 4));
}

TEST(FrameReaderTest, FramesArriveByteByByte) {
  const std::vector<std::string> payloads = {"first", "", std::string(70000, 'x'), std::string("\0\xff", 2)};
  std::string stream;
  for (const auto& payload : payloads) stream += frame_of(payload);
  FrameReader reader;
  std::vector<std::string> received;

  for (const char byte : stream) {
    reader.feed(std::string_view(&byte, 1));
    for (auto& frame : drain(reader)) received.push_back(std::move(frame));
  }

  EXPECT_EQ(received, payloads);
  EXPECT_EQ(reader.pending(), 0U);
}

TEST(FrameReaderTest, SeveralFramesArriveAtOnce) {
  FrameReader reader;
  reader.feed(frame_of("a") + frame_of("b") + frame_of("c").substr(0, 4));

  EXPECT_EQ(drain(reader), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reader.pending(), 4U);

  reader.feed("c");
  EXPECT_EQ(drain(reader), std::vector<std::string>{"c"});
}

TEST(FrameReaderTest, ATruncatedFrameLeavesBytesPending) {
  FrameReader reader;
  reader.feed(frame_of("hello").substr(0, 7));

  const auto frame = reader.next();

  ASSERT_TRUE(frame.ok());
  EXPECT_FALSE(frame->has_value());
  EXPECT_EQ(reader.pending(), 7U);
}

TEST(FrameReaderTest, AnImpossibleLengthIsCorruptForGood) {
  FrameReader reader;
  reader.feed(frame_of("good"));
  reader.feed("\xff\xff\xff\xff junk");

  EXPECT_EQ(reader.next()->value(), "good");
  EXPECT_EQ(reader.next().error().code, ErrorCode::corrupt);
  reader.feed(frame_of("later"));
  EXPECT_EQ(reader.next().error().code, ErrorCode::corrupt);
}

TEST(FrameReaderTest, ManyFramesDoNotGrowTheBuffer) {
  FrameReader reader;
  for (int i = 0; i < 1000; ++i) {
    reader.feed(frame_of(std::string(1000, 'x')));
    ASSERT_EQ(drain(reader).size(), 1U);
    ASSERT_EQ(reader.pending(), 0U);
  }
}

}  // namespace
}  // namespace mer
