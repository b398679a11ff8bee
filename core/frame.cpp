#include "core/frame.hpp"

#include "core/check.hpp"

namespace mer {

namespace {
constexpr std::size_t kHeaderBytes = 4;

std::size_t length_at(const std::string& buffer, std::size_t begin) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kHeaderBytes; ++i) {
    length |= std::size_t{static_cast<unsigned char>(buffer[begin + i])} << (8 * i);
  }
  return length;
}
}  // namespace

std::string frame_of(std::string_view payload) {
  MER_CHECK(payload.size() <= kMaxFrameBytes, "frame too long");
  std::string frame;
  frame.reserve(kHeaderBytes + payload.size());
  for (std::size_t i = 0; i < kHeaderBytes; ++i) frame += static_cast<char>((payload.size() >> (8 * i)) & 0xFF);
  frame += payload;
  return frame;
}

void FrameReader::feed(std::string_view bytes) {
  // Drop what was handed out before the buffer grows, but not at every small frame: that would be quadratic.
  if (begin_ > buffer_.size() / 2) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  buffer_ += bytes;
}

Result<std::optional<std::string>> FrameReader::next() {
  if (pending() < kHeaderBytes) return std::optional<std::string>();
  const std::size_t length = length_at(buffer_, begin_);
  if (length > kMaxFrameBytes) {  // begin_ stays: every later call answers the same
    return Error{ErrorCode::corrupt, "a frame claims " + std::to_string(length) + " bytes, the limit is " +
                                         std::to_string(kMaxFrameBytes) + ": the stream is not mer's, or broken"};
  }
  if (pending() - kHeaderBytes < length) return std::optional<std::string>();
  std::string payload = buffer_.substr(begin_ + kHeaderBytes, length);
  begin_ += kHeaderBytes + length;
  return std::optional<std::string>(std::move(payload));
}

}  // namespace mer
