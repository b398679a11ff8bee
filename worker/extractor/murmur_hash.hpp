// MurmurHash3_x86_32 (Austin Appleby, public domain), the hash of scikit-learn's feature hashing.
//
// Threads: pure. Errors: none.
#pragma once

#include <cstdint>
#include <string_view>

namespace mer::extractor {

std::uint32_t murmur_hash(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace mer::extractor
