// Batches: which texts go through the encoder together.
//
// Threads: pure functions. Errors: none.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "worker/extractor/wordpiece.hpp"

namespace mer::extractor::bert {

struct Batch {
  std::vector<std::size_t> texts;  // positions; the shortest first
  std::size_t tokens = 0;          // of all of them
};

// Texts by their length, as many in a batch as have no more than `most` tokens together; a longer one goes alone.
std::vector<Batch> batches_of(std::span<const std::vector<TokenId>> texts, std::size_t most);

}  // namespace mer::extractor::bert
