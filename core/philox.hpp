// Philox4x32-10: a counter-based random generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011). Random numbers are a pure function of key and counter, so they do not depend on neighbours, on memory
// positions or on the order of evaluation. docs/determinism.md lists every (purpose, coordinates) pair.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>

namespace mer {

using PhiloxBlock = std::array<std::uint32_t, 4>;

// What a stream of random numbers is for. Values are part of the reproducibility promise: never reuse or renumber.
enum class RandomPurpose : std::uint32_t {
  initial_weights = 1,  // counter: parameter number, element / 4 (two words)
  data_order = 2,       // counter: epoch, position
  dropout = 3,          // counter: layer, step, dialogue in the batch, turn * (features / 4) + feature / 4
  synthetic_corpus = 4,
  validation_split = 5,
  random_search = 6,
  bootstrap = 7,  // counter: draw, position / 4
};

namespace detail {
constexpr void philox_round(PhiloxBlock& counter, std::uint32_t key0, std::uint32_t key1) {
  const std::uint64_t product0 = std::uint64_t{0xD2511F53U} * counter[0];
  const std::uint64_t product1 = std::uint64_t{0xCD9E8D57U} * counter[2];
  counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(product1),
             static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(product0)};
}
}  // namespace detail

// The reference function: 128-bit counter, 64-bit key, 128 random bits.
constexpr PhiloxBlock philox4x32(PhiloxBlock counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    detail::philox_round(counter, key[0], key[1]);
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

// The key of a stream: the seed's two halves, the purpose mixed in by one Philox call so that streams of one seed
// are unrelated.
constexpr std::array<std::uint32_t, 2> philox_key(std::uint64_t seed, RandomPurpose purpose) {
  const PhiloxBlock block = philox4x32({static_cast<std::uint32_t>(purpose), 0, 0, 0},
                                       {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return {block[0], block[1]};
}

// Uniform in [0, 1) with 24 bits (exact in float) and with 53 bits.
constexpr float uniform_float(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24F;
}
constexpr double uniform_double(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>(((std::uint64_t{high} << 32) | low) >> 11) * 0x1p-53;
}

}  // namespace mer
