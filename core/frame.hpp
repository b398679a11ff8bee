// Frames on a pipe: 4-byte little-endian length, then that many bytes.
//
// Threads: a FrameReader belongs to one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mer {

constexpr std::size_t kMaxFrameBytes = std::size_t{256} << 20;

// The payload with its length in front. REQUIRES: payload.size() <= kMaxFrameBytes.
std::string frame_of(std::string_view payload);

// Collects bytes as they arrive and hands out whole frames.
class FrameReader {
 public:
  void feed(std::string_view bytes);

  // The next whole payload, nullopt when more bytes are needed. Error corrupt: a length over kMaxFrameBytes; every
  // later call answers the same.
  Result<std::optional<std::string>> next();

  // Bytes of an unfinished frame: not 0 at end of stream means a truncated one.
  std::size_t pending() const { return buffer_.size() - begin_; }

 private:
  std::string buffer_;
  std::size_t begin_ = 0;
};

}  // namespace mer
