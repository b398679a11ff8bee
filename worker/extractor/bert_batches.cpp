#include "worker/extractor/bert_batches.hpp"

#include <algorithm>
#include <numeric>

namespace mer::extractor::bert {

std::vector<Batch> batches_of(std::span<const std::vector<TokenId>> texts, std::size_t most) {
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t text) { return texts[text].size(); });
  std::vector<Batch> batches;
  for (const std::size_t text : order) {
    if (batches.empty() || batches.back().tokens + texts[text].size() > most) batches.emplace_back();
    batches.back().texts.push_back(text);
    batches.back().tokens += texts[text].size();
  }
  return batches;
}

}  // namespace mer::extractor::bert
