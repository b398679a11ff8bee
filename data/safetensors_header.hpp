// The first bytes of a safetensors file whose tensor is written by somebody else, piece by piece.
//
// Threads: pure. Errors: invalid: a name or a metadata text that is not UTF-8, or a tensor called "__metadata__".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "data/safetensors.hpp"

namespace mer::data {

// Its length is a multiple of 64; the elements follow, little-endian, row-major. REQUIRES: they fit into 64 bits.
Result<std::string> safetensors_header(const std::string& name, TensorType type, const std::vector<std::int64_t>& shape,
                                       const std::map<std::string, std::string>& metadata);

}  // namespace mer::data
