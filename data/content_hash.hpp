// Hash of structured content: every piece has its length in front, so that no two contents share a byte stream.
//
// Threads: belongs to one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/sha256.hpp"

namespace mer::data {

class ContentHash {
 public:
  explicit ContentHash(std::string_view kind) { text(kind); }

  void text(std::string_view value) {
    number(value.size());
    hash_.update(value);
  }
  void number(std::uint64_t value) { hash_.update(std::as_bytes(std::span(&value, 1))); }
  void floats(std::span<const float> values) { hash_.update(std::as_bytes(values)); }

  // The digits of a HashId (core/ids.hpp). Ends the hash.
  std::string hex() { return hash_.hex().substr(0, 32); }

 private:
  Sha256 hash_;
};

}  // namespace mer::data
