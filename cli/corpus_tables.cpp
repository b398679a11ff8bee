#include "cli/corpus_tables.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace mer::cli {
namespace {

using Counts = std::vector<std::int64_t>;  // by label

std::vector<std::string> row_of(const std::string& name, const Counts& counts) {
  std::vector<std::string> row = {name, std::to_string(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}))};
  for (const std::int64_t count : counts) row.push_back(std::to_string(count));
  return row;
}

}  // namespace

std::vector<std::vector<std::string>> class_rows(const data::Corpus& corpus, const std::string& heading,
                                                 std::string data::Utterance::*group) {
  std::vector<std::string> names;
  std::vector<Counts> counts;
  Counts all(corpus.labels.size());
  for (const data::Utterance& utterance : corpus.utterances) {
    if (utterance.label == data::kNoLabel) continue;
    const auto at = std::size_t(std::ranges::find(names, utterance.*group) - names.begin());
    if (at == names.size()) {
      names.push_back(utterance.*group);
      counts.emplace_back(corpus.labels.size());
    }
    ++counts[at][std::size_t(utterance.label)];
    ++all[std::size_t(utterance.label)];
  }
  std::vector<std::vector<std::string>> rows = {{heading, "utterances"}};
  rows.front().insert(rows.front().end(), corpus.labels.begin(), corpus.labels.end());
  for (std::size_t i = 0; i < names.size(); ++i) rows.push_back(row_of(names[i], counts[i]));
  rows.push_back(row_of("all", all));
  return rows;
}

}  // namespace mer::cli
