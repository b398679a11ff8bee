#include "worker/extractor/murmur_hash.hpp"

#include <bit>
#include <cstddef>

namespace mer::extractor {
namespace {

std::uint32_t scrambled(std::uint32_t block) {
  return std::rotl(block * 0xCC9E2D51U, 15) * 0x1B873593U;
}

// Little-endian, of up to four bytes.
std::uint32_t block_of(std::string_view bytes) {
  std::uint32_t block = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) block |= std::uint32_t(std::uint8_t(bytes[i])) << (8 * i);
  return block;
}

}  // namespace

std::uint32_t murmur_hash(std::string_view bytes, std::uint32_t seed) {
  std::uint32_t hash = seed;
  const std::size_t whole = bytes.size() / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) {
    hash = std::rotl(hash ^ scrambled(block_of(bytes.substr(i, 4))), 13) * 5 + 0xE6546B64U;
  }
  if (whole < bytes.size()) hash ^= scrambled(block_of(bytes.substr(whole)));
  hash ^= std::uint32_t(bytes.size());
  hash = (hash ^ (hash >> 16)) * 0x85EBCA6BU;
  hash = (hash ^ (hash >> 13)) * 0xC2B2AE35U;
  return hash ^ (hash >> 16);
}

}  // namespace mer::extractor
