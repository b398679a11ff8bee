// Random: the one source of chance of a simulated world (splitmix64); the same seed gives the same numbers everywhere.
//
// Threads: a plain value.
#pragma once

#include <cstdint>

namespace mer::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 0x632BE59BD9B4E019ULL) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  // Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + std::int64_t(next() % std::uint64_t(high - low + 1));
  }
  int pick(int low, int high) { return int(between(low, high)); }
  bool chance(double probability) { return double(next() >> 11) * 0x1.0p-53 < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace mer::simulation
